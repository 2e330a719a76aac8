"""Letter frequencies of several languages; made by `scripts/train_letter_pairs.py`."""

CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў"
CYRILLIC_PAIRS = (
    "m775769cb66e68656475689a979bmgm9d9agcgd",
    "3f76978d97d76574h8666bc987aclllf98iiai9",
    "65eehf5aef6ha6c74g48h5h9hgg874gdc87hhhh",
    "34f8ed4cdc5j96b74a7788gdgeaij6cfi96jjjj",
    "74cca86hhh5h95ca2h5ba6fhfdehhhh7hh9hhhh",
    "63f8fb4a785j96964977a6dddcdjf89bea8jjjj",
    "3ca8869d99c77664aa456gcbaabbkkkicckkfkk",
    "4fff88ff8ffff544f84d3fffffffffffdffffcd",
    "65aeg429gg4ga9c47ggca8ggd9gggbb8ggggggg",
    "4396a76ccg7h98546d8bh7hhdhchg88dda8hhhh",
    "39a7a86da777766699755g9797bckkki96kkhkk",
    "1dcdc8ehhehha8876fd55heeaa9fhhhhhhhhhhh",
    "53e9hj8j9e4jd7c93g7856je9jjcjjjfjj7jjjj",
    "65eicd4aaj4j98ga5iibc7gjhhjjj83h756jjjj",
    "34a8dj3ejj4j9a9858haj6fjgjhjj7ccf76jjjj",
    "64fca84cgf4k9gi54ke778chadahk58gd76kffk",
    "4f65658b88a77566b8556dcbb9bdlllebblcllc",
    "94eiif4iii6ib7i83a3da7ihdifii9caia8iiii",
    "73b8a94b9g4jaa873cb886fceebjj6bbd99jjij",
    "67d8fd6cfg6j56a756a837dbc9biha6ce59jjjj",
    "54e6id4aki4k9bc74d57c7fffahgi75bfbakkkk",
    "3a86768i88ba7666d6665ffaa6a8iiib6diiadi",
    "84dfdf57ff4fd8cd4f49967fdffffbffbf5ffff",
    "16g6gg9egg8gd9b84e8ad8gbggggggdcgg8gggg",
    "86geeg3egc3g9egd9eggg8gg8gggg64aa94gggg",
    "73adhe36ch4h99h59hah58hhbfchh7b8hhbhhhh",
    "54f9ff38ff4f66d66bde57ffc9fff8bcffbffff",
    "e5eeee27ee3eeee93ecee7eeeeeeee8eeeeeeee",
    "bbbbbb14bbbbbbbbbbbbbbbbbbbbbbbbb4bbbbb",
    "2h97c85hfae59558h9977hc4899ghhhhc7bhhhf",
    "2gbacb99h7c85d848bg67hdhag6ghhhh89hhhgh",
    "8c8998dffb975474c8682c8f9cbffffffdffff7",
    "2a9987ff98fb8ab8fe8a3fcf85e4fffebfffaff",
    "1ib7b77ib7ec7977fb9a6gi88cc9iiii8aiiifb",
    "3ab5a6fh8ah76575dc856eha689ehhhh98e8chc",
    "1bbbbbbbbbbbbbb8bbbbbbb5bbbbbbbbbbbbbbb",
    "1cccc8cccccc3c6cccc75ccccccccccc9cc8ccc",
    "937999399999969979799499999999999969999",
    "2db5b5dd98dd77d4d9d75ddd6b9dddddddddddd",
)
"""A row for the end of a word and each letter: costs of what comes next, half nats in base 36."""

GREEK = "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ"
GREEK_PAIRS = (
    "m59854e7a86957b75e54998bema69b8m9mmmm",
    "2lc7acbl956695al6585779ll7lll9laldlfl",
    "73ag73g8g6g5ggg5g4gggggggg5agaggggggg",
    "a6i8i4i9i4596896i4iiii9iai895a8ibiiii",
    "c5iii2i7i2iiiii6i9ii9iiicii996979iiii",
    "4l888lela467a59f55858aafa6bll4f9lllll",
    "d7ddd3d5d3dd7dd4dddddddddd6d4d7d6dddd",
    "2jjabjjj8j6844jjj667j9jdj5jjjjjjjjjjj",
    "h4hhh3h2hahh5hh6hbhh5hhh9ha57ha9ahhhh",
    "34a8a8da8k3668k6d958kkak87999kbk9kkkk",
    "93jjd4jaj6c88jj6j8d66jjj8j477j5ccjjjj",
    "95cai4i6i6i58ii4iii7aiii8i6565977iiii",
    "938jj3j6j7jj5dj56jjjjbjjcj746876djjjj",
    "33kd87k967kekbk5kk85bkkk6e97b79eekkkk",
    "e4eee2e7e5eeeee6eee46eeeee6ee9e7eeeee",
    "3e989ekk969756kk65794bckk6kbd9k6kkekk",
    "a4jjj3jbj4j7cjj3j4j7jjdj8j7ac96jdjjjj",
    "a3a6j5j7b3bc8ej4jje9c96j9j66757jbjjjj",
    "b6bjb4j4a6ab6dj99ja2588j7j6bb9b8jjjjj",
    "b4kkk3c5k4kfffk3k7dfbkkk7k777a799kkkk",
    "38i9aicc9ia773ca5564ic7ci7accibiiiiii",
    "g4ggg6g798ggggg4gag9gggggg69346gggggg",
    "b5hhh2ha76hhbhh6h4h9bhhh6h9979ah8hhhh",
    "bbbbb3b1bbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "4hbb7hhh5hhh52hh8648hhhhh5hhhhhhhhhhh",
    "0iiiiiiiiiiiibiiiiiiiiiiiiiiiiiiiiiii",
    "2i956i9i795576bi9565i97ii9iiiiiiiiiii",
    "bai5ii8i7ib683685568ii3ii6iiiiiiiiiii",
    "1hha8hhh7h7h97cha649hhhch5hhhhhhhhhhh",
    "44i86899di9764i5a854iibi6aiiiiiiiiiii",
    "2hc9chhh9ha574hh8774hh9hh5hhhhhhhhhhh",
    "3gg7gggg5gg664g65379ggggg6ggggggggggg",
    "4f8fffff9fff63ff924ffffff7fffffffffff",
    "9999999999339999999399999999999999999",
    "8888888888882888888888888888888888888",
    "8888888888888882888888888888888888888",
    "7777777777777777777777777777777777777",
)
"""A row for the end of a word and each letter: costs of what comes next, half nats in base 36."""

HEBREW = "אבגדהוזחטיךכלםמןנסעףפץצקרשת"
HEBREW_PAIRS = (
    "m56984987a6m74m5m667m8ma8957",
    "3k9dd83c6b49k779c8akd7kkk684",
    "579a864d584jd7j8j787j88885a5",
    "377g5839gg3gg5g7g7gaggggg6aa",
    "35icc54iii4ic7caici787i7665a",
    "2789b9669b6k7ba7c876k8k88777",
    "5867596a9a6d96886679d9d86693",
    "aa9gg24gag3gaag4g7ggggggg6g6",
    "6i6i6638ib3ii699ic8iicbb8486",
    "399bh84h882hh7h888hb97hh94hh",
    "488c975ea95995477668c9fa7865",
    "0ggggggggggggggggggggggggggg",
    "898a684b7h3hh3h858h9h7hhh985",
    "357aa45k78478998k99ae6kc9c87",
    "0iciiiiiiiaiiciiiiiiiiiiiiii",
    "687b944b575j6aja7868j9j88746",
    "0hhhhhhhhhhhhhhhhhhhhhhhhhhh",
    "a468863da82b8ja88bajjbjb7977",
    "5icbi85ii63ic9i4i87i83ii87ia",
    "5i6i853cii6ia566cciiiiiaa376",
    "0ddddddddddddddddddddddddddd",
    "cc8c884i675ii9ii8575iiiaa356",
    "0ddddddddddddddddddddddddddd",
    "a5a8853gg84gg5a6ggg4g5agg7ga",
    "596ia73cc43ii8ic897ic9i9i766",
    "3888864daa367ck8kdbkkbac9k66",
    "4668765jaj4bb477j6j5jdjja5b5",
    "1789c95k6k6aabb78akkkekc96cc",
)

ARABIC = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي"
ARABIC_PAIRS = (
    "mmc5m7m3785a97a9c8f7a8cdh6a88765887m6",
    "0eeeeee6e87eeeeeeeeeeeeeeeeeeeeeeeeee",
    "dddddddddddddd4dddd7dddddddddddd1ddd7",
    "7iidiiiibiidd775b6b58b9bbb9i54a93d5i6",
    "9999999999999999999999999999999999199",
    "gggggggg7gg857956573g86gg59bgg486ggg8",
    "9ffffffff9ff7ffff9fffff9f7f73f5349ff5",
    "47llll7l8l6ab798d6d8l8acl8d9ac276acl8",
    "3iibi8i5a96bc8i7i4cbaac6i7ic966a777i5",
    "0jjjjjjjjjjjjjjjjjjjjjjjjjjjjjj8djjjj",
    "3kk6kkk68c8cc567k6k8c8a9e67b86b5b95c5",
    "6gggggg388ggggggg2ggggggggggag776g5g5",
    "5hhhhhh348ahh7h5h6ahhhhhh9ahhh65a8596",
    "4iiiiii5d54aiii465i8i9ii7ii85ddbdb9i4",
    "4hhhhhh3hh5hhhh4h5hah8h7hhhahh38hh7h6",
    "3jjbjjj5d5bbjj45j9jdjjjjjjjj6ba59d7a4",
    "4gggggg3g8ag6gggg9ggggggggg3gg8gg38g7",
    "2kkcekb5867k6kkbkbc79k9cke967997bb5a5",
    "2eeeeee386eeeeeee6eeeeeeeeeeee86ee5e4",
    "5iiicii35a3i8aiiiaiiiii7ici8a8756b8i5",
    "7ff7fff5fffff57ff3fffff7ff9ff57ff3ff5",
    "6hhhhhh6b7bhh3hah3hhhhhhhha4hh4h7h6b5",
    "3ffffff4599ffffffffffffff656ff54f8ff5",
    "2gg6gg8455ggg8ggg7g6gggggaggag4ggg7g7",
    "3dddddd3d2ddddddddddddddddddddd6d4dd7",
    "4iiiiii595aaiii5b6ii7i99iiiiia384bai7",
    "6ffffff5a6fffff8f8f6fff6faffff7fff5f1",
    "2iiiici586aii5ii86c8aa8i7aii6i78a88i4",
    "4iiiiii4765iiii6i9iii9b8i6ic6i46ic7c4",
    "3iiiiii6bb64cci5i7i8iiiiibiibi395i4i7",
    "4l86l8l5786ca88ab8c9c8cbf8c8779488855",
    "3kkkkkk6846a88c9k586aec9k8k9c76c4d6k7",
    "1kkkkkk5e96k8ck88ce9a7ebab9ab8a8e86k5",
    "2hhhhhh4aahhhhha35bhhhhhhhhhhh887h7h6",
    "4jjajjj48jd87bj795b8jaadb6d76a674jd94",
    "0gggggggggggggggggggggggggggggggggggg",
    "3ckkkkk6957d6687k6a7kkcck8cb79656a5k8",
)

THAI = "กขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรฤลฦวศษสหฬอฮฯะัาำิีึืฺุูเแโใไๅๆ็่้๊๋์ํ๎"
THAI_PAIRS = (
    "l58l5lll7l8bldllllll9797a9989d7ad787l8l8bl66l6bllllllllllll48875lcllllllll",
    "48aj7jjcajccjjajjjjjj5j7j9cjjjjcjjj5a6j8jc89j8jja648a7jj9jj68a89jjc97jjjjj",
    "7h6h9hhhhhhhhhhh9hh8h9h7h7hhhhhhh9hhhhhhhhh8h3hhh77hh87hhhhhhhh7hhhh2hhhhh",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
    "4hhhhhhhhhhhhhhhhhh8h9hhhhhhhhhhh4h4h6h6hhhhhahhh985hah73ahahhhhhhh4ahhahh",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
    "268i5iii89aiiiiiiiii8896i8ia9ibbi9i7i8i8ii85iiiiii7iiiiiiii58b86iiiiiiiiii",
    "6hhhhhha6hhhhhhhhhhhhhhhhahhhhhhhah7hhhahh77hahh354577hh5hh8ahhhhh4hhhhh8h",
    "bbbbbbbbbbbbbbbbbbbbbbbbbb4bbb4bbbbbbbbbbbbbbbbbb1bbbbbbbbbbbbbbbbbbbbbbbb",
    "9gggggggggggggggggggggggg6ggggggg9ggggggggggg8ggg4ggg5g49ggggggggg942gg9gg",
    "ffff8ffffffffffffffff4fffffffffff8ffffffff5ff6fff8ff456f8fffffffff683ff8ff",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
    "5ddddddd5d2ddddddddddddddddddddddddddddddddddddddd4dd5ddddddddddddd4dddddd",
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb1bbbbbbbbbbbbbbbbbbbbbbb",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1aaaaaaaaaaaaaaaaaaaaaaa",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
    "ffffffff7f8ffffffff8f887ffffffffff6fffffff58f6ff7f2f6ffffff77ff4fffffff8ff",
    "477iaii89iiiiiiiiiii9a88i7ia8i7iii8ai8iiiiaii8iii78ai7i8i5i78i8aiiii3ii6ii",
    "7iaiiiiiiiaiiiiiiiiiiiaaiiiiiiiiiia5iaiiiiiiiiiia37a6iii6ai9ii9aii653ii4ii",
    "gggggggggggggggggggg8gg8ggg8ggggggggg8ggggggg8gggg6ggg5g61g68g8ggggg6ggggg",
    "9i9iiiiiiiiiiiiiiiiiiiii6aiiiiiii9a8iiii9iiiiiii8576616i8iiiiiiiiia89iiiii",
    "4eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee6e6eee4ee3eeeeeeeeee6eeeeeee2ee",
    "388k9kkkakcckkkkkkkk78k589cckkcbc987k8k7kk99k9kka97c84989kk67b68kkk96kkkkk",
    "389i8iii9i9iiiiiiiii8aiai84i9iiii9i7i9i8iii7i6iii49i96ii88i4aai7ii9iiiiiii",
    "5hhhhhhhhhhhhhhhhhhh6hh6h6hhhhhhaaa4h2hhhhh8h8hhh7ah78hh7hha6hhahh5h7ahhhh",
    "ggggggggggggggggggggggggggggggggggggg7gggggggggggggg5gggg3ggggggggg1gggggg",
    "99999999999999999999999999999999999299999999999999999999999999999999999999",
    "4ggggggggggggggggggggggg996gggggg9g645ggggggggggg56g37g49gggg7ggggggggg6gg",
    "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeee7eee5e3eeeeeee5eeeeee27eeeee4eeeeeeeeeeeeee",
    "ddddddddddddddddddddddd4dddddddddddddddddddddddddd1ddddddddddddddddddddddd",
    "49bjbjj8jjbjjjjjjjjj6bjbb89jbj7j9jjaj8jaj98aj9jjj94j85j8j6j7abjbjjb3jjjjjj",
    "35iiiii89iiiiiiiiiii9b9ii37iiiiii8i9i9i6iibbi9ii979ibii8b7i69ii8iib6bii8ii",
    "78ajjjja8jjjjjjjjjjc8878jccajjjjjacaj7j8jjc4j7jj556j76j566j7acacjj8c8jj5jj",
    "4ddddddddddddddddddddddddddddddddddddddd32d5dddddddddddddddddddddddddddddd",
    "797jjjj6cjccjjjjjjjj7cj8j95jjjacajjajcjajjaajjjj674a74j49jjaajcjjj965jj7jj",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
    "576i9ii98iiiiiiiiiiiiiiai6iiii9ii76ii5iiii9ai6iii45i88iiiii6i7iaii858iiiii",
    "4ddddddd3dddddddddddddd2d4ddddddddddddddd66ddddddddddddd6ddddddddddddddddd",
    "3ddddddddddddddddddddddddddddddd3d55dddddddddddddd2ddddddddddddddddddddddd",
    "6aiiiiiiii7iiiiiiiii888iiiai3iiiiai8iai9iiiai6iii55559ii97i6i8iiiii4iiiaii",
    "i8iiiiiiiiiii9iiiiiii9iii4iiiiiii3i4i5i8iiiiiiiii35iiiiiiiiiiiiiiiii6ii8ii",
    "29999999999999999999999999999999999999999999999999999999999999999999999999",
    "64jjajj3ajccjjjjjjjj99jaj66a8jbjj766jbjajj99j7jjj76jb7jcjjj7cbj8jj7jjjjjjj",
    "bbbbbbbbbb4bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb4bb42bbbbbbbbbbbbbbbbbbbb",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
    "669g9ggg8ggggggggggg9476g84g9gg9gg96g6g7gg97g9ggggggggggggg47g99gggggggggg",
    "j7jjbjj69jbjj7jjjjjb68jjj359jj9jj8bjj9j5jj4jjjjjjjjjjjjjjjjjjjjjjjj64jjjjj",
    "56ck5kk59ccakkkkkkkc8ab7b39bck9ck644k9kbkb88kackakkkkkkkkkk8ak7akkkkkkkkkk",
    "g58g8gg7ggg5gggggggg78ggg4ggggggggg8g6gggg43ggggggggggggggg48g8ggggggggggg",
    "74hhhhh5hh8hhhhhhhhh4785h58hhhhhh786h5ha7hhhahhhhhhhhhhhhhh7hahhhhh5aah6hh",
    "569j9jjjbjjjjjjjjjjj99j9j8bbbjjajb4ajbjjjjajj9jjjjjjjjjjjjj6jjjajjj24jjjjj",
    "e2eeeee3eeeeeeeeeeeeeeeeeeeeeeeee7eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee34eeeee",
    "hhhhhhhhhhhhhhhhhhhhhhhhh6hhhhhhh9hhhhhhhhhhh1hhhhhhhhhhhhhhhhhhhhh27hhhhh",
    "66hh9hhhhhhhh8hhhhh26hhh9778hhhhh6h9h6h9h98hhhhhhhhhhhhhhhh6hhhhhhh5hhhhhh",
    "52hhhhhhhhhhhhhhhhhhhhh7hhh5hhhhhhhah4hhhhhahhhhhhhhhhhhhhh78hhhhhh53hhhhh",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
    "j67j8jjj6c96jjjjjjjj77j7j674jj6ja6a6j4j5aja9j7jjjjjjjjjjjjjjjjjjjjjjjjjjjj",
    "g5ggggggggg9ggggggggg6g8g644gggggg6gg2gggg69g89ggggggggggggggggggggggggggg",
    "f7ff6fffffffffffffff36fffff3fffff3f7f6fffff6ffffffffffffffffffffffffffffff",
    "hhhhhhhh7h2hhhhhhhhh6hhhh4hhhhhhhhhhhhhhhh43hhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
    "hh6hhhhhhhh6hhhhhhhh3hhahh94hhh6h2hhhhh9hhhah7hhhhhhhhhhhhhhhhhhhhhhhhhhhh",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
    "1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "g3gg9gg95gg9gggggggg96ggg45gggggg4ggggg9ggggg3ggggggggggggggggg9gggggggggg",
    "5kck9kk68kb9kkkkckkkka7ak9baakakk556kak7kk7ak4kkkk3kkkkkkkk7ak77kkkkkkkkkk",
    "4c9jajj59jjjjjjjjjjja979j69jajajjcj9jaj6jjjjj3jjjj48jjjjjjj9aj66jjjjjjjjjj",
    "a3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa3aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
    "285hhhhh999hhhhhhhhh99h4h7h9hhh6h8h9h9hhhhh9h8hhhhhhhhhhhhh57h68hhhhhhhhhh",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1aaaaaaaaaaaaaaaaaaaaaaa",
    "99999999999999999999999999999999999999999999999999999999999999999999999999",
)
"""Rows: the end of a word, each letter; columns: what comes next, half nats in base 36."""

CHINESE = (
    "的语个一有月码用密是字选数不你期入输在除请以删可对确该中值户点改文日保模效时型择星修已或置象重为了能"
    "过面加存所页到名没站符间下于段应查要这亚件作十和器被关小您项二包如尔成格前含它将新方板正类内此表误图"
    "多定整档次法看空签行设错三会使地未果相第认限上何列功动式必据提权两后更标添滤理目管证邮五六其分单号四"
    "天头子容录斯无们址大尼息电登西超进键需须题验串主之交但克全变否我拉求注牙系组经视长兰基少并序本问七九"
    "任例八几发另因失安库开指操明条框禁编览部都阿与书人信具出击利区午只合向启复度意找换接来母浏消现班由等"
    "缺至许辑通马也些今代位允共切务员增始布年当按排服检特生知示简索线结联英见访话送配里量钟链乌他似册再写"
    "及吉同周命唯回域塞太完导展工希形径德态性执扩护斜显最步比泰清然称维网罗者范装记账路转隐非从伯供划别制"
    "化历原参取受史吗哈围外够威尾巴帐带常志快总感持收旧校波源片状筛箱级统续航藏询谢跳边连述销高万且亿伊传"
    "体俄倍先光典劫匹南博卢印告哥哪国土填处夜射属引归心忘想把报拜挪描放映昨替杠栏样殊每洛活浮爱独瑞百秒程"
    "窗算箭给绝继美考自致色节花荷萄葡计试说败返逗针闭隔集顿首骤丁世丢严丹义乎乐享仅仍伐优伦住侧便储像公兹"
    "冰冲函创助勾匈北千协卡即去反口古右吾喆团固圾坏块坦垃埃堡塔墨士夫夹套奥好姆姓委孟宛实封尚就尽岛嵌己帮"
    "廷建张弹待很得才投折抱担拖拥括损捷授搜教料断旁普曼束析某栅根梯棉森概欢歉止氏沙泊浅深滞澳激父版献瓜瓦"
    "甸界疆白盐盖省短破础社祝票私穆突立端篡米糊素繁约纳缅而耐耳聚脱腊芬苏获萨蒙虑规解议论评识调贡贺资起越"
    "跃跑跟载达迎运近还迭逆速遍遮醒钥队际陶雷静靼鞑韩鲁麦鼠"
)
"""Common characters, most frequent first."""

TAIWANESE = (
    "的語個月碼密用有選入請件一是數不期輸除字在新可已確你日時修刪網改模為物重以位使值您或效星這面定型存頁"
    "設要過包十站能被間含此器無認關內到前名必文資二亞作小成擇欄沒誤須下取圖多所於視項中未格正者行類法空三"
    "上增式整標爾目相稱第籤號錯其動如容理表進限並出列應戶料會板該證電點了五全六功四對查檔權登管結連但何來"
    "儲否大天子指本求濾看線串保兩分地址將尼後拉斯方西訊郵題驗主加合它導少帳態牙組與變送頭克和啟因基安更果"
    "編至覽部七九任八只庫按提換書案檢次瀏移置蘭輯需他例元別利午參單執我清版班群若裡註超路都錄鍵阿人今伺們"
    "再切及同向回圍失始布希年序徑操斜最服母現發示符範系統經維英裝記許護長靜馬體也交先冊區員唯域塞太寫尚工"
    "幾度建從快息意找排明波注烏生當知等索缺謝跳週鈕閉開非且之伯停允函原受史吉威學完尋屬巴底很得德忘想才把"
    "括持搜敗束歷每比泰消然獲由百立篩紀續羅考聯自舊覆見誌轉近適邊隱顯些代份伊供俄信倍備傳像兆光共具典删化"
    "千南印命哈哥問國土報塔士外夜夠套寄實就常引形心性愛感拜挪描擊收放教昨林框止洛浮演特狀瑞皆盧禁秒秭程穰"
    "窗算箭箱絕總繼美義而腦致航色萄葡藏計識起述透逗通遺配里量鏈鐘陣隔集首丁世丹乎京什介仍伐似住便倫側僅億"
    "優充冰初制則副助劫勾匈匣協博卡即去反古另右各吾告喜喬嚴固團圾坦垃垓埃堡塊填墨壞奧好姆姓委孟宛封專層島"
    "嵌幫平康廷彈待恭慢憶投抱拖挾捷授接推損播擁擔據擴数旁旗普曼望柵校根條梯棉森歉歡段氏決沙治泊活浪深淺減"
    "湊溝澳瀘照片獻瓜瓦產申甸界白真短礎社票私穆突端節篡簡米約納級素給緬繁繫耐耳聚脫臘芬茲荷菲萬蒙蓋薩蘇衝"
    "製複規評試說論議讀讓象貢越躍載迎返迭途速達違遮陶隆隊階際雅雜靼韃韓頓高鹽麥麼"
)
"""Common characters, most frequent first."""

JAPANESE = (
    "語月日選択数入力除変値削効字更時用正認以文下定間有存必要使無示加名理表追確関付可目連作個在保曜形操番"
    "設証一不内合小式整管能全度新上今信前送限切列持明行複込分利指未見中含報場実対最現空英件修再別後情成替"
    "権登録先刻半囲国土大年性既木検水火点生由範絞者角記重金集項例元動区地外多始少戻所続編解計許週須三他低"
    "何倍像化号各問型失子履張忘拡方桁機歴画第索細致詳護進適順頭並二人代似体候偽出制午印同基境届差底引投探"
    "接換敗昨本果決法浮環的真矢秒箇終組結絶線肢自補覧説読超足述違配長閉開非題丈与両主位優公功助厳去参反取"
    "右告回壊夫央姓完容密尾属平広当待得応意押改断昇昧曖書期末条来概構様欠次止気求汎済照献申発知短票禁移程"
    "種稿竄競簡米約素繁義般落規親訳試識象貢起辞近遅過部釈降際隠静韓高"
)
"""Common characters, most frequent first."""

KOREAN = (
    "다이니하어습를지가요시수을입자의세는번사비일월로아호에리제해밀용인한기정은트합스력없드선되주택서오필"
    "값경개바않보있문그모삭할변페된르터화나크관른메성야올체고유플확대도브간들식으마션소위템형릿었만설전날"
    "목여우장재저짜라추타래면음적중계두상신와파활능록반키태토효버부거당름뷰작존초함권데델든또려새숫열젝증"
    "치항공과구금내링액째코포했각것네더동류슬연표게러미알언최글닙무베분십였예조출츠콘테텐현객등명못생실안"
    "았업영후같결곱국란랍렉복북속양운찾청케티행까노누됩디련룹며범별빈송임클프허헤히검겠근년단독돌됨때랫루"
    "말및받배백본애엔웨잘진집쳐쿠튼틸갈너넘늘런렬릭맨먼발방색셔앞약외잊절접즈참카칸턴투패편환건곳규길냅넣"
    "뉴닌닫덴될둘뒤딩람랜레료릅막맙맵멘박불블살셨옵완움웃웹점져줄즘처총커컨켰콤큰킹탈텍통특퍼폴픈핑홈감갑"
    "곧골귀급깅깨께꿀끝난남널뇨눌뉘늦닐달덜덱듈떤락랑렸롬룩릴많매멕몰몽물뮤므밖밝법벨병볼빠석섬섹셈셉솔순"
    "숨쉬슈싱썬얀얄억얼엘옥옳옴워원잃잔젼종죄준질짧쪽차창채천축충취콜쿼탐탭텔툴튀튜틀팀팅팔팝팩팸펀폼피핀"
    "헝헨혹회훈흐흔힌힐"
)
"""Common characters, most frequent first."""
