// DELETE of commands: what WhatsApp can have nothing of is not sent. Each has its outcome, in the log as soon as that takes it, and its chat goes on.
import { z } from 'zod'
import type { Database, Transaction } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import { albumOperation } from '../../events/operations.ts'
import type { TopicName } from '../../events/topics.ts'
import { addressesOfChat, type CancelledCommand, cancelCommands, type Which } from '../../instances/cancel-commands.ts'
import { type OweDeps, oweEnds } from '../../instances/command-outcome.ts'
import type { Outcome } from '../../instances/commands.ts'
import { commandsEnded } from '../../instances/commands-ended.ts'
import { readCommand, type ShownCommand, uploadsWanted } from '../../instances/commands-shown.ts'
import type { Outbox } from '../../instances/outbox.ts'
import { failUploads, lockUploads, objectsOf } from '../../instances/uploads.ts'
import type { Position } from '../../log/log.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { chatAddress } from '../chat-address.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { demandInstance } from '../instances/read-instances.ts'
import { setPosition } from '../position.ts'
import { Problem } from '../problems.ts'
import { answerOf, command } from './command-shapes.ts'

export type CancelDeps = Pick<OweDeps, 'traces'> & {
  database: Database
  codec: Pick<Codec, 'encode'>
  topic(name: TopicName): string
  outbox: Pick<Outbox, 'append'>
  objects: Pick<ObjectStore, 'delete'>
  metrics: Pick<Metrics, 'counter'>
  logger: Logger
  clock: () => number
  cut: AbortSignal
}
type One = { instanceId: string; commandId: string }
type Cancelled = { commands: readonly CancelledCommand[]; positions: readonly Position[] | null }

const tag = 'commands'
/** In one transaction. */
const MOST = 200

export function cancelRoutes(app: App, deps: CancelDeps) {
  routeOne(app, deps)
  routeAll(app, deps)
}

function routeOne(app: App, deps: CancelDeps) {
  app.route({
    method: 'DELETE',
    url: '/v1/instances/:id/commands/:commandId',
    schema: describeCall('Cancel a command that WhatsApp cannot have yet; the same again is the same answer', {
      tag,
      params: z.object({ id: z.string(), commandId: z.string() }),
      answers: { 200: command },
      problems: [404, 409],
    }),
    handler: async ({ params: { id, commandId } }, reply) => {
      await demandInstance(deps.database, id)
      const { positions } = await cancel(deps, { instanceId: id, commandId, limit: 1 })
      setPosition(reply, positions)
      return answerOf(await demandCancelled(deps, { instanceId: id, commandId }), 'open')
    },
  })
}

function routeAll(app: App, deps: CancelDeps) {
  app.route({
    method: 'DELETE',
    url: '/v1/instances/:id/commands',
    schema: describeCall('Cancel all commands that WhatsApp cannot have yet, of the instance or of a chat', {
      tag,
      params: z.object({ id: z.string() }),
      querystring: z.strictObject({ chatId: chatAddress.optional().describe('in any form; left out, those of all chats') }),
      answers: { 200: z.object({ cancelled: z.int() }).meta({ examples: [{ cancelled: 3 }] }) },
      problems: [404],
    }),
    handler: async ({ params: { id: instanceId }, query }, reply) => {
      await demandInstance(deps.database, instanceId)
      const { chatId } = query
      const chatIds = chatId === undefined ? null : await addressesOfChat(deps.database, { instanceId, chatId })
      const { cancelled, positions } = await cancelAll(deps, { instanceId, chatIds })
      setPosition(reply, positions)
      return { cancelled }
    },
  })
}

/** What is asked for meanwhile is not meant, so that it ends. */
async function cancelAll(deps: CancelDeps, of: { instanceId: string; chatIds: readonly string[] | null }) {
  const askedBefore = deps.clock()
  let cancelled = 0
  let last: readonly Position[] | null = null
  for (;;) {
    const { commands, positions } = await cancel(deps, { ...of, askedBefore, limit: MOST })
    cancelled += commands.length
    last = positions ?? last
    if (commands.length === 0) return { cancelled, positions: last }
  }
}

/** `positions`: of the last record; null: nothing was cancelled, or the log has not answered in time. */
async function cancel(deps: CancelDeps, of: Which & { instanceId: string; limit: number }): Promise<Cancelled> {
  const { database, outbox, clock, cut } = deps
  const at = clock()
  const { commands, outboxId, files } = await database.transact(async tx => {
    const commands = await cancelCommands(tx, { ...of, outcome: cancelledAt(at) })
    const owed = await oweEnds(deps, tx, commands, at)
    return { commands, outboxId: owed.at(-1) ?? null, files: await giveFilesUp(tx, of.instanceId, commands) }
  }, cut)
  commandsEnded(deps.metrics).inc({ outcome: 'cancelled' }, commands.length)
  const positions = outboxId === null ? null : await outbox.append(outboxId)
  await deleteObjects(deps, of.instanceId, files)
  return { commands, positions }
}

/** A store that is away changes nothing of what was cancelled: what it keeps goes with the row of its upload. */
async function deleteObjects({ objects, cut, logger }: CancelDeps, instanceId: string, files: readonly string[]): Promise<void> {
  if (files.length === 0) return
  try {
    await objects.delete(files, cut)
  } catch (error) {
    logger.warn('commands.files-left', { instanceId, files: files.length, error })
  }
}

/**
 * What zaplog brings for a command is brought no further, where no other command sends it, waits for it or has sent it; what a client gave stays the
 * client's. Whoever sends one asks for its file under a lock of the same row (uploads-sent.ts). Answers what is in the store of it.
 */
async function giveFilesUp(
  tx: Transaction,
  instanceId: string,
  commands: readonly CancelledCommand[],
): Promise<readonly string[]> {
  const sent = [...new Set(commands.flatMap(one => one.upload_id ?? []))]
  if (sent.length === 0) return []
  const brought = (await lockUploads(tx, sent)).filter(one => one.from !== 'upload' && one.sentAt === null)
  const wanted = await uploadsWanted(tx, sent, instanceId)
  const uploadIds = brought.map(one => one.uploadId).filter(id => !wanted.has(id))
  const states = ['processing', 'ready'] as const
  const given = new Set(await failUploads(tx, { uploadIds, states, reason: 'given-up', reasonText: 'Its command was cancelled' }))
  return brought.filter(one => given.has(one.uploadId)).flatMap(objectsOf)
}

const cancelledAt = (at: number): Outcome => ({
  ...{ type: 'command.failed', at, reason: 'cancelled', code: null },
  reasonText: 'It was cancelled before WhatsApp could have it.',
})

/** Throws Problem `command-not-found`, `command-over` or `being-sent`. */
async function demandCancelled({ database }: CancelDeps, { instanceId, commandId }: One): Promise<ShownCommand> {
  const found = await readCommand(database, instanceId, commandId)
  if (found === null) throw new Problem('command-not-found', `instance ${instanceId} has no command ${commandId.slice(0, 100)}`)
  const { outcome } = found
  if (outcome?.type === 'command.failed' && outcome.reason === 'cancelled') return found
  if (outcome === null) throw new Problem('being-sent', `command ${commandId} ${whyNot(found)}: its end says how that went`)
  const how = outcome.type === 'command.completed' ? 'it was done' : `it has failed: ${outcome.reasonText} (${outcome.reason})`
  throw new Problem('command-over', `command ${commandId} cannot be cancelled, as ${how}`)
}

function whyNot({ operation, waitsFor }: ShownCommand): string {
  if (operation !== albumOperation) return 'was given to WhatsApp, which may have it or a part of it'
  return waitsFor?.reason === 'log'
    ? 'is an album that is on its way through the log, and cancelled whole once it is through'
    : 'is an album of which WhatsApp may have something; what it cannot have is cancelled'
}
