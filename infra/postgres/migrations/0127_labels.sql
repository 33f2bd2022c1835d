-- Labels and what has them, channels, and whom the account blocked: of each what was said with the greatest (epoch, sequence).

create table read_model_1.labels (
  instance_id text not null,
  label_id text not null,
  facts jsonb not null,
  updated_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, label_id)
);
create index labels_by_time on read_model_1.labels (instance_id, updated_at desc, epoch desc, sequence desc, label_id desc);

create table read_model_1.label_links (
  instance_id text not null,
  label_id text not null,
  chat_id text not null,
  -- Empty: the chat itself has it.
  target_message_id text not null,
  is_on boolean not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, chat_id, target_message_id, label_id)
);
create index label_links_of_chats on read_model_1.label_links (instance_id, label_id, epoch desc, sequence desc, chat_id)
  where is_on and target_message_id = '';
create index label_links_of_messages on read_model_1.label_links (instance_id, label_id, chat_id, target_message_id)
  where is_on and target_message_id <> '';

create table read_model_1.channels (
  instance_id text not null,
  newsletter_id text not null,
  facts jsonb not null,
  updated_at timestamptz not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, newsletter_id)
);

-- One row per address under which a contact was blocked or not any more.
create table read_model_1.blocks (
  instance_id text not null,
  contact_id text not null,
  is_on boolean not null,
  epoch bigint not null,
  sequence bigint not null,
  changed_by_event text not null,
  primary key (instance_id, contact_id)
);

create view labels as select * from read_model_1.labels;
create view label_links as select * from read_model_1.label_links;
create view channels as select * from read_model_1.channels;
create view blocks as select * from read_model_1.blocks;
