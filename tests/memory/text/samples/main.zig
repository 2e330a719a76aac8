const std = @import("std");

pub const limit: usize = 10;

/// A point.
pub const Point = struct {
    x: f32,
    y: f32,

    /// Makes one.
    pub fn init(x: f32, y: f32) Point {
        return .{ .x = x, .y = y };
    }
};

const Color = enum { red, green };
const Value = union(enum) { int: i32, none };

pub fn main() !void {
    std.debug.print("hi\n", .{});
}

test "adds" {
    try std.testing.expect(1 + 1 == 2);
}
