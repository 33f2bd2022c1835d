// Commands as their projection leaves them, for whoever holds the account.
import type { SimDevice } from '../../../simulator/accounts/device.ts'
import { writeTogether } from '../../../src/database/statement-parts.ts'
import type { Known } from '../../../src/events/command-bodies/known.ts'
import type { KeptAlbum } from '../../../src/events/command-bodies.ts'
import type { EventOf } from '../../../src/events/event.ts'
import { albumParts } from '../../../src/instances/album-parts.ts'
import { commandIds } from '../../../src/instances/command-ids.ts'
import { type AcceptedCommand, acceptCommands, askCommand } from '../../../src/instances/commands.ts'
import { until } from '../until.ts'
import type { Rig } from './rig.ts'

export type Asked = { commandId: string; eventId: string; messageId: string; chatId: string }

let place = 0

type Body = { chatId: string; kind?: string } & Record<string, unknown>

/** With a key of its own. */
export async function askFor(rig: Rig, body: Body, of: AskOf = {}): Promise<Asked> {
  const command = commandOf(body, of)
  await askCommand(rig.database.database, command)
  await writeTogether(rig.database.database, acceptCommands([command]))
  return command
}

/** As a step of their projection that has no row of any yet. */
export const askForAll = (rig: Rig, bodies: readonly Body[]): Promise<unknown> =>
  writeTogether(rig.database.database, acceptCommands(bodies.map(body => commandOf(body, {}))))

/** All that an album is made of, as one append of the API is projected. */
export async function askForAlbum(rig: Rig, { chatId, items, known = {}, quotedMessageId, ...of }: AskedAlbum) {
  const asked = { chatId, kind: 'album' as const, items, known, ...(quotedMessageId !== undefined && { quotedMessageId }) }
  const whole = { ...commandOf(asked, of), operation: 'album.send', messageId: '' }
  const parts = albumParts({ ...whole, body: asked }).map(({ ids, body }) => ({
    ...{ ...whole, ...ids, operation: 'message.send', body },
    place: BigInt(++place),
  }))
  const album = { ...whole, place: BigInt(++place) }
  await writeTogether(rig.database.database, acceptCommands([...parts, album]))
  return { album, parts }
}

type AskedAlbum = AskOf & Pick<KeptAlbum, 'chatId' | 'items' | 'quotedMessageId'> & { known?: Known }

/** What becomes no message. */
export async function askToDo(rig: Rig, operation: string, body: object, chatId = '', of: AskOf = {}): Promise<Asked> {
  const command = { ...commandOf({ chatId, kind: '' }, of), operation, body, messageId: '' }
  await writeTogether(rig.database.database, acceptCommands([command]))
  return command
}

/** What goes out as a message, though it is none to read. */
export async function askToSend(rig: Rig, operation: string, body: Body): Promise<Asked> {
  const command = { ...commandOf(body, {}), operation }
  await writeTogether(rig.database.database, acceptCommands([command]))
  return command
}

function commandOf(
  body: Body,
  { instanceId = 'first', askedAt = Date.now(), expiresAt = Date.now() + 86_400_000 }: AskOf,
): AcceptedCommand {
  place += 1
  const ids = commandIds({ instanceId, key: `key ${place}` })
  return {
    ...{ ...ids, instanceId, digest: 'aa', operation: 'message.send', chatId: body.chatId, askedAt, expiresAt },
    body: body.kind === undefined ? { kind: 'text', text: `text ${place}`, ...body } : body,
    ...{ partition: 0, place: BigInt(place) },
  }
}
type AskOf = { instanceId?: string; askedAt?: number; expiresAt?: number }

type Row = { command_id: string; state: string; tries: number; epoch: string | null; built: Buffer | null; due_at: Date | null }

export const rowsOf = (rig: Rig): Promise<readonly Row[]> =>
  rig.database.database.query<Row>('select command_id, state, tries, epoch, built, due_at from commands order by place')

export const untilRow = (rig: Rig, { commandId }: Asked, what: string, holds: (row: Row) => boolean): Promise<Row> =>
  until(`the command is ${what}`, async () => {
    const row = (await rowsOf(rig)).find(one => one.command_id === commandId)
    return row !== undefined && holds(row) && row
  })

/** What came of it, once it is over. */
export const over = (rig: Rig, asked: Pick<Asked, 'commandId'> | undefined) =>
  until('the command is over', async () =>
    (await rig.events()).find(
      (event): event is EventOf<'command.completed'> | EventOf<'command.failed'> =>
        (event.type === 'command.completed' || event.type === 'command.failed') && event.commandId === asked?.commandId,
    ),
  )

/** What is due later is due now, and the account has rested. */
export async function skipWaiting(rig: Rig, instanceId = 'first'): Promise<void> {
  await rig.database.database.query('update commands set due_at = now() where due_at is not null')
  await rig.database.database.query('update outgoing_turns set rests_until = null')
  await rig.database.database.query(`select pg_notify('commands', $1)`, [instanceId])
}

/** What phones show of what the account wrote, in order: its id, its chat and its text. */
export const shownTexts = (device: SimDevice) =>
  device.shown().map(({ chat, messageId, content }) => ({
    ...{ chat, messageId },
    text: content.extendedTextMessage?.text ?? content.conversation ?? null,
  }))

export const countsSent = (device: SimDevice) => device.stanzasSent().map(({ count }) => count)
