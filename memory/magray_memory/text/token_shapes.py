"""Token shapes: the forms of the keys and tokens that well-known issuers give out; data only.

One line a shape: its kind, what such tokens begin with (three characters or more, `[…]` one of several), and a
regular expression of the whole, with `^` before it where no other word may be joined to its beginning, as in
`cache_key_…`. A kind is what a person reads in the place of a secret.
"""
# ruff: noqa: E501

from __future__ import annotations

ISSUED = r"""
aws key | AKIA ASIA ABIA ACCA A3T | (?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Za-z0-9])
aws key | ABSK | ABSK[A-Za-z0-9+/]{80,200}={0,2}
aws key | amzn.mws. | amzn\.mws\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
google key | AIza | AIza[\w-]{35}(?![\w-])
google token | ya29. | ya29\.[\w-]{20,2000}
google token | 1//0 | 1//0[\w-]{30,200}
google secret | GOCSPX- | GOCSPX-[\w-]{20,40}
google key | GOOG1E | GOOG1E[A-Z0-9]{55}(?![A-Za-z0-9])
azure token | sig= | sig=[A-Za-z0-9%+/=_-]{40,120}
github token | gh[pousr]_ | gh[pousr]_\w{30,255}
github token | github_pat_ | github_pat_\w{22,255}
gitlab token | glpat- gldt- glrt- glptt- glft- glimt- glagent- glsoat- glcbt- gloas- glffct- | gl[a-z]{2,5}-[\w.-]{20,300}
gitlab token | GR1348941 | GR1348941[\w-]{20,50}
slack token | xox[abeoprs] | xox[abeoprs][-.][\w.-]{10,300}
slack token | xapp- | xapp-\d-[\w-]{20,300}
slack webhook | hooks.slack.com/ | hooks\.slack\.com/(?:services|workflows|triggers)/[\w/+-]{20,200}
stripe key | sk_live_ sk_test_ rk_live_ rk_test_ | [sr]k_(?:live|test)_\w{10,250}
stripe secret | whsec_ | whsec_[A-Za-z0-9+/=_-]{24,100}
anthropic key | sk-ant- | sk-ant-[\w-]{20,200}
openrouter key | sk-or- | sk-or-v1-[0-9a-f]{40,80}
langfuse key | sk-lf- | sk-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
openai key | sk- | sk-(?:(?:proj|svcacct|admin|None)-[\w-]{20,250}|[\w-]{0,100}T3BlbkFJ[\w-]{10,120}|(?=[A-Za-z]*\d)[A-Za-z0-9]{32,120}(?![\w-]))
xai key | xai- | xai-[A-Za-z0-9]{40,120}
groq key | gsk_ | gsk_[A-Za-z0-9]{40,80}
perplexity key | pplx- | pplx-[A-Za-z0-9]{32,80}
replicate token | r8_ | r8_[A-Za-z0-9]{30,60}
nvidia key | nvapi- | nvapi-[\w-]{50,100}
tavily key | tvly- | tvly-(?:dev-|prod-)?[A-Za-z0-9]{20,60}
pinecone key | pcsk_ | pcsk_\w{40,120}
langsmith key | lsv2_ | lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}
fireworks key | fw_ | ^fw_(?=[A-Za-z]*\d)[A-Za-z0-9]{24}(?!\w)
cerebras key | csk- | csk-[a-z0-9]{48}(?![\w-])
together key | tgp_v1_ | tgp_v1_[\w-]{43}
voyage key | pa- | ^pa-(?=[\w-]{0,42}\d)(?=[\w-]{0,42}[A-Z])[\w-]{43}(?![\w-])
cursor key | key_ | ^key_[0-9a-f]{64}(?![\w-]|\.[A-Za-z])
e2b key | e2b_ | ^e2b_[0-9a-f]{40}(?!\w)
firecrawl key | fc- | ^fc-[0-9a-f]{32}(?![\w-]|\.[A-Za-z])
elevenlabs key | sk_ | sk_[0-9a-f]{48}(?!\w)
hugging face token | hf_ | hf_[A-Za-z0-9]{30,60}
hugging face token | api_org_ | api_org_[A-Za-z0-9]{30,60}
npm token | npm_ | npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])
pypi token | pypi-Ag | pypi-Ag[\w-]{20,300}
rubygems key | rubygems_ | rubygems_[0-9a-f]{48}
crates.io token | cio | cio(?=[a-zA-Z]*\d)[A-Za-z0-9]{32}(?![A-Za-z0-9])
nuget key | oy2 | oy2[a-z0-9]{43}(?![a-z0-9])
clojars token | CLOJARS_ | CLOJARS_[a-z0-9]{60}
docker token | dckr_pat_ dckr_oat_ | dckr_[po]at_[\w-]{20,100}
artifactory key | AKCp | AKCp[A-Za-z0-9]{60,80}
artifactory token | cmVmdGtu | cmVmdGtu[A-Za-z0-9]{50,64}(?![A-Za-z0-9])
twilio key | SK[0123456789abcdef] | SK[0-9a-f]{32}(?![0-9A-Za-z])
sendgrid key | SG. | SG\.[\w-]{16,64}\.[\w-]{16,128}
mailgun key | key- | key-(?=[a-z]*\d)[0-9a-z]{32}(?![\w-])
mandrill key | md- | md-(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{22}(?![\w-])
brevo key | xkeysib- | xkeysib-[0-9a-f]{64}-\w{16}
resend key | re_ | ^re_(?=[A-Za-z_]*\d)[A-Za-z0-9]{8}_[A-Za-z0-9]{24}(?!\w)
klaviyo key | pk_ | ^pk_[0-9a-f]{34}(?!\w)
discord token | mfa. | mfa\.[\w-]{60,120}
discord webhook | discord.com/api/webhooks/ discordapp.com/api/webhooks/ | discord(?:app)?\.com/api/webhooks/\d{5,25}/[\w-]{40,100}
teams webhook | webhook.office.com/ | webhook\.office\.com/webhookb2/[\w@/-]{40,300}
digitalocean token | do[opr]_v1_ | do[opr]_v1_[0-9a-f]{64}
cloudflare token | cfut_ cfat_ cfk_ | cf(?:ut|at|k)_[A-Za-z0-9]{40}[0-9a-f]{8}(?!\w)
cloudflare key | v1.0- | v1\.0-[0-9a-f]{24}-[0-9a-f]{146}
scaleway key | SCW | SCW(?=[A-Z]*\d)[A-Z0-9]{17}(?![A-Za-z0-9])
vercel token | vc[pirak]_ | vc[pirak]_[A-Za-z0-9]{24,60}(?!\w)
deno token | dd[po]_ | dd[po]_[A-Za-z0-9]{36}(?!\w)
neon key | napi_ | napi_(?=[a-z]*\d)[a-z0-9]{40,80}(?!\w)
mongodb secret | mdb_sa_sk_ | mdb_sa_sk_[\w-]{40}
aiven password | AVNS_ | AVNS_[\w-]{19}(?![\w-])
openshift token | sha256~ | sha256~[\w-]{43}(?![\w-])
shopify token | shpat_ shpca_ shppa_ shpss_ shptka_ shpua_ | shp[a-z]{2,3}_[0-9a-fA-F]{32}
square token | sq0atp- sq0csp- | sq0(?:atp|csp)-[\w-]{22,60}
square token | EAAA | EAAA[\w-]{56,70}(?![\w-])
facebook token | EAA | EAA[A-Z][A-Za-z0-9]{60,300}
twitter token | AAAAAAAAAAAA | A{20,30}[A-Za-z0-9%]{40,120}
atlassian token | ATATT3 ATCTT3 | AT[AC]TT3[A-Za-z0-9_=-]{50,300}
bitbucket token | ATBB | ATBB[A-Za-z0-9]{28,64}
trello token | ATTA | ATTA[0-9a-fA-F]{60,76}(?![0-9A-Za-z])
linear key | lin_api_ lin_oauth_ | lin_(?:api|oauth)_[A-Za-z0-9]{32,80}
notion token | ntn_ | ntn_[A-Za-z0-9]{40,60}
notion token | secret_ | secret_(?=[A-Za-z]*\d)[A-Za-z0-9]{43}(?![A-Za-z0-9])
airtable token | pat | pat[A-Za-z0-9]{14}\.[0-9a-f]{64}
figma token | figd_ | figd_[\w-]{30,60}
datadog key | ddapi_ ddapp_ | ddap[ip]_[A-Za-z0-9]{30,60}
new relic key | NRAK- NRAA- NRII- NRJS- NRRA- | NR(?:AK|AA|II|JS|RA)-[\w-]{19,64}
grafana token | glsa_ | glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}
grafana token | glc_ | glc_[A-Za-z0-9+/=]{32,400}
sentry token | sntrys_ sntryu_ | sntry[su]_[A-Za-z0-9+/=_-]{40,400}
dynatrace token | dt0 | dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}
postman key | PMAK- | PMAK-[0-9a-f]{24}-[0-9a-f]{34}
heroku key | HRKU- | HRKU-[\w-]{30,80}
render key | rnd_ | rnd_[A-Za-z0-9]{28,40}(?![A-Za-z0-9])
fly.io token | fm1_ fm2_ | fm[12]_[A-Za-z0-9+/=_,]{60,1000}
fly.io token | fo1_ | fo1_[\w-]{40,80}
netlify token | nf[pcobu]_ | nf[pcobu]_[A-Za-z0-9]{36,40}(?![A-Za-z0-9])
supabase key | sbp_ sbk_ | sb[pk]_[0-9a-f]{40}
supabase key | sb_secret_ | sb_secret_[\w-]{20,60}
planetscale token | pscale_ | pscale_(?:tkn|pw|oauth|app)_[\w.=-]{32,64}
databricks token | dapi | dapi[0-9a-f]{32}(?:-\d)?(?![0-9a-f])
hashicorp token | hvs. hvb. hvr. | hv[sbr]\.[\w-]{20,300}
doppler token | dp. | dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{2,35}\.)?[A-Za-z0-9]{40,44}
pulumi token | pul- | pul-[0-9a-f]{40}
tailscale key | tskey- | tskey-(?:[a-z]{2,10}-)?\w{6,30}-\w{16,64}
dropbox token | sl. | sl\.(?:u\.)?[\w-]{60,2000}
circleci token | CCIPAT_ CCIPRJ_ | CCIP(?:AT|RJ)_\w{20,100}
buildkite token | bkua_ bkaa_ bkca_ | bk[uac]a_[0-9a-f]{40}
sonar token | sqa_ sqp_ squ_ | sq[apu]_[0-9a-f]{40}
sourcegraph token | sgp_ | sgp_(?:(?:[0-9a-f]{16}|local)_)?[0-9a-f]{40}(?!\w)
launchdarkly key | sdk- api- | ^(?:sdk|api)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-]|\.[A-Za-z])
octopus key | API- | ^API-(?=[A-Z]*\d)[A-Z0-9]{25,34}(?![\w-])
prefect key | pn[ub]_ | pn[ub]_[A-Za-z0-9]{36}(?!\w)
infracost key | ico- | ^ico-(?=[A-Za-z]*\d)[A-Za-z0-9]{32}(?![\w-]|\.[A-Za-z])
readme key | rdme_ | rdme_[a-z0-9]{70}(?!\w)
frame.io token | fio-u- | fio-u-[\w-]{64}(?![\w-])
adobe secret | p8e- | p8e-[A-Za-z0-9]{32}(?![\w-])
hubspot token | pat-na pat-eu pat-ap | pat-(?:na|eu|ap)\d-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
braintree token | access_token$ | access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}
razorpay key | rzp_live_ rzp_test_ | rzp_(?:live|test)_[A-Za-z0-9]{14,40}
flutterwave key | FLWSECK | FLWSECK(?:_TEST)?-[\w-]{12,64}
plaid token | access-sandbox- access-development- access-production- | access-[a-z]{7,11}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
easypost key | EZAK EZTK | EZ[AT]K[A-Za-z0-9]{54}
duffel token | duffel_live_ duffel_test_ | duffel_(?:live|test)_[\w-]{43}
shippo token | shippo_live_ shippo_test_ | shippo_(?:live|test)_[0-9a-f]{40}
paddle key | pdl_ | pdl_(?:live|sdbx)_apikey_[a-z0-9]{26}_[A-Za-z0-9]{22}_[A-Za-z0-9]{3}
lob key | live_ | ^live_[0-9a-f]{35}(?!\w)
alibaba key | LTAI | LTAI[A-Za-z0-9]{12,28}(?![A-Za-z0-9])
tencent key | AKID | AKID[A-Za-z0-9]{32}(?![A-Za-z0-9])
yandex cloud key | AQVN | AQVN[\w-]{35,40}(?![\w-])
yandex cloud key | YC[ABMNOP] | YC[ABMNOP][\w-]{22,38}(?![\w-])
yandex cloud token | t1. | t1\.[\w-]{20,400}={0,2}\.[\w-]{60,100}={0,2}
yandex token | y[0123]_ | y[0-3]_[\w-]{50,120}
yandex token | AQAAAA | AQAAAA[\w-]{33,60}(?![\w-])
vk token | vk1.a. | vk1\.a\.[\w-]{60,300}
mapbox token | sk.eyJ | sk\.eyJ[\w-]{20,300}\.[\w-]{20,60}
contentful token | CFPAT- | CFPAT-[\w-]{40,60}
typeform token | tfp_ | tfp_[\w.=-]{40,100}
age key | AGE-SECRET-KEY- | AGE-SECRET-KEY-1[0-9A-Z]{58}
1password token | ops_eyJ | ops_eyJ[\w+/=-]{100,2000}
1password key | A3- | A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}(?![\w-])
wandb key | wandb_v1_ | wandb_v1_\w{40,120}
posthog key | phx_ phs_ | ph[xs]_[A-Za-z0-9]{40,60}
jwt | eyJ | eyJ[\w-]{8,4000}\.(?:ey[\w-]{6,16000}\.[\w-]{8,2000}|[\w-]{0,1000}\.[\w-]{8,1000}\.[\w-]{8,16000}\.[\w-]{8,1000})
"""

ENCLOSED = r"""
telegram bot token | : | (?<![\w:])\d{6,12}:[A-Za-z0-9_-]{35}(?![\w-])
asana token | : | (?<!\d)[012]/\d{16}(?:/\d{16})?:[0-9a-f]{32}(?![0-9a-f])
discord token | . | (?<![\w.])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}
hashicorp token | . | (?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,80}
azure secret | ~ | (?<![\w~.])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~-])
mailchimp key | - | (?<![0-9a-zA-Z])[0-9a-f]{32}-us\d{1,2}(?![\w-])
mailgun key | - | (?<![0-9a-zA-Z-])[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![\w-])
azure key | 84 | (?<![\w-])(?:[A-Za-z0-9]{52}JQQJ9[9DH][A-Za-z0-9]{26}|[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})(?![\w-])
azure key | 52 | (?<![\w-])[A-Za-z0-9]{42}AzSe[A-Za-z0-9]{6}(?![\w-])
"""
"""Tokens that begin with nothing of their own: a kind, the sign that stands in them or how long the word is that
they are, and an expression with a bound on what it repeats.
"""
