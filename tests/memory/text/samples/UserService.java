package com.acme.users;

import java.util.List;

/** Users. */
@Service
public class UserService implements Finder<User> {
    private static final int LIMIT = 10;
    private final Repo repo;

    public UserService(Repo repo) {
        this.repo = repo;
    }

    /** Finds one. */
    @Override
    public User find(long id) {
        return repo.get(id);
    }

    static class Cache<K> {
        K key;
        void put(K k) { key = k; }
    }

    enum Role { ADMIN, USER; boolean isAdmin() { return this == ADMIN; } }
}

interface Finder<T> {
    T find(long id);
}

record Pair(int a, int b) {
    Pair { if (a < 0) throw new IllegalArgumentException(); }
}

@interface Marker { String value() default ""; }
