//! A library.

use std::collections::HashMap;

pub const MAX: usize = 10;
static NAME: &str = "x";

/// A point.
#[derive(Debug, Clone)]
pub struct Point<T> {
    pub x: T,
    pub y: T,
}

pub enum Shape { Circle(f64), Square }

pub trait Area {
    fn area(&self) -> f64;
    fn name(&self) -> String { "x".into() }
}

impl<T: Copy> Point<T> {
    /// Makes one.
    pub fn new(x: T, y: T) -> Self {
        Self { x, y }
    }
}

impl Area for Shape {
    fn area(&self) -> f64 { 1.0 }
}

type Table = HashMap<String, u8>;

macro_rules! square {
    ($x:expr) => { $x * $x };
}

pub mod inner {
    pub fn deep() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_works() { assert_eq!(2, 2); }
}
