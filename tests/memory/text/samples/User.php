<?php

declare(strict_types=1);

namespace App\Models;

use App\Base;

const LIMIT = 10;

/**
 * A user.
 */
#[Entity]
final class User extends Base implements HasName
{
    use SoftDeletes;

    public const TABLE = 'users';

    private string $name;

    public function __construct(string $name)
    {
        $this->name = $name;
    }

    /** Finds one. */
    public static function find(int $id): ?self
    {
        return null;
    }
}

interface HasName { public function name(): string; }
trait SoftDeletes { public function trash(): void {} }
enum Suit: string { case Hearts = 'H'; public function color(): string { return 'Red'; } }

function helper(int $x): int
{
    return $x + 1;
}
?>
<h1>Hello</h1>
