package com.acme

import scala.collection.mutable

/** A user. */
case class User(name: String, age: Int) {
  val adult: Boolean = age > 17
  def greet(): String = s"hi $name"
}

object User {
  def of(name: String): User = User(name, 0)
  val Limit = 10
}

trait Repo[F[_]] {
  def find(id: Long): F[Option[User]]
}

enum Color:
  case Red, Green

given Ordering[User] with
  def compare(a: User, b: User): Int = 0

extension (s: String)
  def shout: String = s.toUpperCase

type Users = List[User]

package object util {
  def helper(x: Int): Int = x + 1
}
