-- Lists tell what happened at one instant apart by the order of arrival; a message's edits and revokes, and what holds a lane, are found by
-- one index entry however many of them there are.

drop index messages_by_time, messages_by_chat, messages_with_media;
create index messages_by_time on messages (instance_id, occurred_at desc, epoch desc, sequence desc, event_id desc);
create index messages_by_chat on messages (instance_id, chat_id, occurred_at desc, epoch desc, sequence desc, event_id desc);
create index messages_with_media on messages (instance_id, occurred_at desc, epoch desc, sequence desc, event_id desc)
  where media is not null;

drop index message_edits_target, message_revokes_target;
create index message_edits_last on message_edits
  (instance_id, target_message_id, chat_id, sender_id, occurred_at desc, epoch desc, sequence desc);
create index message_edits_last_own on message_edits
  (instance_id, target_message_id, chat_id, occurred_at desc, epoch desc, sequence desc) where from_me;
create index message_revokes_first on message_revokes
  (instance_id, target_message_id, chat_id, sender_id, occurred_at, epoch, sequence);
create index message_revokes_first_own on message_revokes
  (instance_id, target_message_id, chat_id, occurred_at, epoch, sequence) where from_me;
create index message_revokes_first_named on message_revokes
  (instance_id, target_message_id, chat_id, target_sender_id, occurred_at, epoch, sequence) where target_sender_id is not null;

-- now() is one instant for all deliveries of a step: the list could not tell which was released first.
alter table webhook_deliveries alter column created_at set default clock_timestamp();

drop index webhook_held_lanes;
create index webhook_held_holding on webhook_held (partition, lane, held_id) where not ready and holds_lane;
create index webhook_held_ready on webhook_held (lane, held_id) where ready;
