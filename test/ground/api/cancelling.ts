// Cancelling over HTTP, for tests: commands and albums that may be, and what is left of each.
import { beginTry } from '../../../src/instances/command-tries.ts'
import { ask, type CommandsWorld, hello, owned, read, recordsOf } from './commands-world.ts'
import type { Answer } from './open-test-api.ts'

export const cancel = (world: CommandsWorld, id: string, commandId: unknown) =>
  world.api.call('DELETE', `/v1/instances/${id}/commands/${commandId}`)

export const slugOf = ({ status, json }: Answer) => [status, String(json.type).replace('urn:zaplog:problem:', '')]

export const outcomesOf = async (world: CommandsWorld, id: string) =>
  (await recordsOf(world, id, 'events')).filter(event => event.type === 'command.failed')

export const statesOf = async (world: CommandsWorld, id: string) =>
  (
    await world.api.database.query<{ state: string }>(
      'select state from commands where instance_id = $1 order by place, command_id',
      [id],
    )
  ).map(({ state }) => state)

export async function askAccepted(world: CommandsWorld, id: string, chatId = '5511900000011'): Promise<string> {
  const { json, headers } = await ask(world, id, { body: { ...hello, chatId } })
  await read(world, id, json.commandId, `?waitFor=${headers.get('zaplog-position')}`)
  return String(json.commandId)
}

export const photo = (name: string) => ({
  kind: 'image',
  media: { url: `https://example.com/${name}.jpg`, mimetype: 'image/jpeg' },
})

type Row = { command_id: string; operation: string; state: string; body: { kind: string } }

export const rowsOf = (world: CommandsWorld, id: string) =>
  world.api.database.query<Row>('select command_id, operation, state, body from commands where instance_id = $1 order by place', [
    id,
  ])

export async function anAlbum(world: CommandsWorld, id: string, items = [photo('um'), photo('dois')]) {
  const { json, headers } = await ask(world, id, { body: { chatId: hello.chatId, kind: 'album', items } })
  await read(world, id, json.commandId, `?waitFor=${headers.get('zaplog-position')}`)
  const [marker, ...others] = (await rowsOf(world, id)).map(row => row.command_id)
  return { whole: String(json.commandId), marker: marker ?? '', items: others.slice(0, items.length) }
}

export const begin = (world: CommandsWorld, id: string, commandId: string) =>
  beginTry(world.api.database, { ...owned(id), commandId, tries: 1, built: Buffer.from('sealed') })
