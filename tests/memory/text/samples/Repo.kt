package com.acme

import kotlin.math.max

const val LIMIT = 10

/** A user. */
data class User(val name: String, val age: Int) {
    val adult: Boolean
        get() = age > 17

    fun greet(): String = "hi $name"

    companion object {
        fun of(name: String) = User(name, 0)
    }
}

interface Repo {
    suspend fun find(id: Long): User?
}

object Registry {
    private val items = mutableListOf<User>()
    fun add(u: User) { items.add(u) }
}

enum class Color { RED, GREEN }

sealed class Result<out T> {
    data class Ok<T>(val v: T) : Result<T>()
    data object Empty : Result<Nothing>()
}

fun String.shout(): String = uppercase()

typealias Users = List<User>

@Composable
fun Screen(user: User) {
    Text(user.name)
}
