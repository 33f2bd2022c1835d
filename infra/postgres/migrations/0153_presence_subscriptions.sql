-- Whose presence an account has asked for. WhatsApp forgets it with each connection, so that whoever holds the account asks anew.
create table presence_subscriptions (
  instance_id text not null references instance_ids,
  chat_id text not null,
  subscribed_at timestamptz not null,
  primary key (instance_id, chat_id)
);
