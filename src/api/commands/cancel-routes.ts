// DELETE of commands: what WhatsApp can have nothing of is not sent. Each has its outcome, in the log as soon as that takes it, and its chat goes on.
import { z } from 'zod'
import type { Database, Transaction } from '../../database/database.ts'
import { addressesOfChat, type CancelledCommand, cancelCommands, type Which } from '../../instances/cancel-commands.ts'
import { endEvents } from '../../instances/command-outcome.ts'
import type { Outcome } from '../../instances/commands.ts'
import { readCommand, type ShownCommand } from '../../instances/commands-shown.ts'
import type { Outbox } from '../../instances/outbox.ts'
import { failUpload, findUpload, objectsOf } from '../../instances/uploads.ts'
import type { Position } from '../../log/log.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import { chatAddress } from '../chat-address.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { demandInstance } from '../instances/read-instances.ts'
import { setPosition } from '../position.ts'
import { Problem } from '../problems.ts'
import { answerOf, command } from './command-shapes.ts'

export type CancelDeps = {
  database: Database
  outbox: Pick<Outbox, 'owe' | 'append'>
  objects: Pick<ObjectStore, 'delete'>
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
  for (;;) {
    const { commands, positions } = await cancel(deps, { ...of, askedBefore, limit: MOST })
    cancelled += commands.length
    if (commands.length < MOST) return { cancelled, positions }
  }
}

/** `positions`: of the last record; null: nothing was cancelled, or the log has not answered in time. */
async function cancel(deps: CancelDeps, of: Which & { instanceId: string; limit: number }): Promise<Cancelled> {
  const { database, outbox, objects, clock, cut } = deps
  const at = clock()
  const { commands, outboxId, files } = await database.transact(async tx => {
    const commands = await cancelCommands(tx, { ...of, outcome: cancelledAt(at) })
    let outboxId: string | null = null
    for (const one of commands) for (const event of await endEvents(tx, one, at)) outboxId = await outbox.owe(tx, event)
    return { commands, outboxId, files: await giveFilesUp(tx, commands) }
  }, cut)
  const positions = outboxId === null ? null : await outbox.append(outboxId)
  if (files.length > 0) await objects.delete(files, cut)
  return { commands, positions }
}

/** What zaplog brings for a command alone is brought no further; what a client gave stays the client's. Answers what is in the store of it. */
async function giveFilesUp(tx: Transaction, commands: readonly CancelledCommand[]): Promise<readonly string[]> {
  const files: string[] = []
  for (const { instance_id, upload_id: uploadId } of commands) {
    const upload = uploadId === null ? null : await findUpload(tx, instance_id, uploadId)
    if (upload === null || upload.from === 'upload') continue
    const states = ['processing', 'ready'] as const
    const isGivenUp = await failUpload(tx, { ...upload, states, reason: 'given-up', reasonText: 'Its command was cancelled' })
    if (isGivenUp) files.push(...objectsOf(upload))
  }
  return files
}

const cancelledAt = (at: number): Outcome => ({
  ...{
    type: 'command.failed',
    at,
    reason: 'cancelled',
    reasonText: 'It was cancelled before WhatsApp could have it.',
    code: null,
  },
})

/** Throws Problem `command-not-found`, `command-over` or `being-sent`. */
async function demandCancelled({ database }: CancelDeps, { instanceId, commandId }: One): Promise<ShownCommand> {
  const found = await readCommand(database, instanceId, commandId)
  if (found === null) throw new Problem('command-not-found', `instance ${instanceId} has no command ${commandId.slice(0, 100)}`)
  const { outcome } = found
  if (outcome?.type === 'command.failed' && outcome.reason === 'cancelled') return found
  if (outcome === null)
    throw new Problem('being-sent', `command ${commandId} was given to WhatsApp, which may have it: its end says how that went`)
  const how = outcome.type === 'command.completed' ? 'it was done' : `it has failed: ${outcome.reasonText} (${outcome.reason})`
  throw new Problem('command-over', `command ${commandId} cannot be cancelled, as ${how}`)
}
