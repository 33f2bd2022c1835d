-- Lanes of what a phone told of the time before it was linked: they are claimed after all others of their endpoint.
-- Those that wait already are of what happens: earlier versions released nothing else.
alter table webhook_waiting_lanes add column of_history boolean not null default false;

create index webhook_waiting_lanes_due_in_turn on webhook_waiting_lanes (endpoint_id, of_history, due_at);
create index webhook_waiting_lanes_tried_in_turn on webhook_waiting_lanes (endpoint_id, of_history, tried_at);
drop index webhook_waiting_lanes_due;
drop index webhook_waiting_lanes_tried;
