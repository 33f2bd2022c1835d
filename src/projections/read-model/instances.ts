// One row per instance: name and settings as last written, connection, phone and the end of a link by the greatest (epoch, sequence), deletion for
// ever.
import type { Write } from '../../database/statement-parts.ts'
import type { EventOf } from '../../events/event.ts'
import { assertNever } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertInto, type Row } from './insert-rows.ts'
import type { InstanceEvent } from './sort-events.ts'

/** Few and far between: one statement each, in log order. */
export const instancesIn =
  (schema: string): ((events: readonly InstanceEvent[]) => readonly Write[]) =>
  events =>
    events.flatMap(event => writesOf(schema, event))

function writesOf(into: string, event: InstanceEvent): readonly Write[] {
  switch (event.type) {
    case 'instance.created':
    case 'instance.settings-changed':
      return [writeSettings(into, event)]
    case 'instance.state-changed':
      return [
        writeState(into, event, { state: event.state, reason: event.reason ?? null, reason_text: event.reasonText ?? null }),
        ...(event.phone == null ? [] : [writePhone(into, event, event.phone, event.lid ?? null)]),
      ]
    case 'instance.paired':
      return [writePhone(into, event, event.phone, event.lid ?? null)]
    case 'instance.logged-out':
      return [
        writeState(into, event, { state: 'logged-out', reason: 'logged-out', reason_text: event.reason }),
        writeUnlinked(into, event),
      ]
    case 'instance.deleted':
      return [writeDeletion(into, event)]
    default:
      return assertNever(event)
  }
}

function upsert(schema: string, event: InstanceEvent, row: Row, update: string): Write {
  const whole = { ...emptyRow, instance_id: event.instanceId, epoch: event.epoch, changed_by_event: event.eventId, ...row }
  const changing = `on conflict (instance_id) do update set
       epoch = greatest(old.epoch, excluded.epoch), changed_by_event = excluded.changed_by_event, ${update}`
  return insertInto(schema, 'instances', Object.keys(whole), changing)([whole])
}

/** json_populate_recordset gives null, not the default, for what is not named. */
const emptyRow: Row = {
  settings: {},
  state: 'created',
  state_epoch: -1,
  state_sequence: -1,
  phone_epoch: -1,
  phone_sequence: -1,
  purged: false,
}

function writeSettings(into: string, event: EventOf<'instance.created' | 'instance.settings-changed'>): Write {
  const createdAt = event.type === 'instance.created' ? isoInstant(event.occurredAt) : null
  return upsert(
    into,
    event,
    { name: event.name, settings: event.settings, created_at: createdAt },
    'name = excluded.name, settings = excluded.settings, created_at = coalesce(old.created_at, excluded.created_at)',
  )
}

/** What no socket owner wrote (epoch 0) has its place in the log as its only order. */
function writeState(
  into: string,
  event: InstanceEvent,
  is: { state: string; reason: string | null; reason_text: string | null },
): Write {
  return upsert(
    into,
    event,
    { ...is, state_at: isoInstant(event.occurredAt), state_epoch: event.epoch, state_sequence: event.sequence },
    `state = excluded.state, reason = excluded.reason, state_at = excluded.state_at,
     reason_text = case when excluded.reason_text is null and old.state = excluded.state then old.reason_text else excluded.reason_text end,
     state_epoch = greatest(old.state_epoch, excluded.state_epoch),
     state_sequence = case when excluded.state_epoch = 0 then old.state_sequence else excluded.state_sequence end
     where excluded.state_epoch = 0
        or (excluded.state_epoch, excluded.state_sequence) > (old.state_epoch, old.state_sequence)`,
  )
}

function writePhone(into: string, event: InstanceEvent, phone: string, lid: string | null): Write {
  return upsert(
    into,
    event,
    { phone, lid, phone_epoch: event.epoch, phone_sequence: event.sequence },
    `phone = excluded.phone, lid = case when old.phone = excluded.phone then coalesce(excluded.lid, old.lid) else excluded.lid end,
     phone_epoch = excluded.phone_epoch, phone_sequence = excluded.phone_sequence
     where (excluded.phone_epoch, excluded.phone_sequence) > (old.phone_epoch, old.phone_sequence)`,
  )
}

/** The phone stays in the row. */
function writeUnlinked(into: string, event: EventOf<'instance.logged-out'>): Write {
  return upsert(
    into,
    event,
    { unlinked_epoch: event.epoch, unlinked_sequence: event.sequence },
    `unlinked_epoch = excluded.unlinked_epoch, unlinked_sequence = excluded.unlinked_sequence
     where old.unlinked_epoch is null
        or (excluded.unlinked_epoch, excluded.unlinked_sequence) > (old.unlinked_epoch, old.unlinked_sequence)`,
  )
}

function writeDeletion(into: string, event: EventOf<'instance.deleted'>): Write {
  return upsert(
    into,
    event,
    { deleted_at: isoInstant(event.occurredAt), purged: event.purged },
    'deleted_at = coalesce(old.deleted_at, excluded.deleted_at), purged = old.purged or excluded.purged',
  )
}
