-- Users.
CREATE TABLE IF NOT EXISTS public.users (
    id SERIAL PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE INDEX users_name_idx ON users (name);

CREATE OR REPLACE VIEW active_users AS
SELECT * FROM users WHERE active;

CREATE FUNCTION add_user(n TEXT) RETURNS INTEGER AS $$
BEGIN
    INSERT INTO users (name) VALUES (n);
    RETURN 1;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f();

ALTER TABLE users ADD COLUMN age INTEGER;

INSERT INTO users (name) VALUES ('a'), ('b');

SELECT name, count(*) FROM users GROUP BY name;
