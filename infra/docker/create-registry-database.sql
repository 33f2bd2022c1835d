-- What the first start of Postgres makes besides zaplog's own database: the registry's, with a user that owns nothing else.
\getenv password REGISTRY_POSTGRES_PASSWORD
CREATE ROLE registry LOGIN PASSWORD :'password';
CREATE DATABASE registry OWNER registry;
