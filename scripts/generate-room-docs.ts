// Turns each room's first file and its first sentence into ARCHITECTURE.md's table of rooms; answers file path -> content. A room without a
// first file is refused by name.
import { globSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { markdownTable } from './markdown-table.ts'
import { readOf, replaceBetween } from './marked-part.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const rooms = ['<!-- rooms: generated from their first files by npm run generate -->', '<!-- /rooms -->'] as const

/** First files that are not named like their room yet; one that a room does not need any more is refused, too. */
const namedOtherwise: Readonly<Record<string, string>> = {
  bin: 'run.mjs',
  bench: 'run.ts',
  scripts: 'check.ts',
  'infra/prometheus': 'prometheus.yml',
  'infra/services': 'server-process.ts',
  'src/api/commands': 'command-routes.ts',
  'src/api/endpoints': 'endpoint-routes.ts',
  'src/api/instances': 'instance-routes.ts',
  'src/api/media': 'media-link-routes.ts',
  'src/api/messages': 'message-routes.ts',
  'src/api/pages': 'page-routes.ts',
  'src/api/processing': 'processing-routes.ts',
  'src/api/reads': 'read-routes.ts',
  'src/api/dead-letters': 'dead-letter-routes.ts',
  'src/dead-letters': 'letter-rows.ts',
  'src/api/projections': 'projection-routes.ts',
  'src/api/rebuilds': 'rebuild-routes.ts',
  'src/api/replays': 'replay-routes.ts',
  'src/projections/rebuild': 'open-rebuilds.ts',
  'src/api/stream': 'stream-routes.ts',
  'src/api/uploads': 'upload-routes.ts',
  'src/cli': 'zaplog.ts',
  'src/cli/calls': 'call-verbs.ts',
  'src/events': 'event.ts',
  'src/instances': 'instance-rows.ts',
  'src/log/append': 'appends.ts',
  'src/log/engine': 'lanes.ts',
  'src/processors/download': 'bring-file.ts',
  'src/processors/history': 'work-off.ts',
  'src/processors/runner': 'run-processor.ts',
  'src/processors/store': 'final-copy.ts',
  'src/producers/auth': 'auth-state.ts',
  'src/producers/feedback': 'sign-watch.ts',
  'src/convert': 'convert-message.ts',
  'src/convert/kinds': 'body.ts',
  'src/convert/history': 'convert-history.ts',
  'src/convert/outgoing': 'build-message.ts',
  'src/producers/gate': 'gated-repository.ts',
  'src/purge': 'open-purges.ts',
  'src/runtime': 'config.ts',
  'src/webhooks/bridge': 'open-webhooks.ts',
  'src/webhooks/stream': 'webhook-stream.ts',
}

/** Rooms whose files are all alike: none of them is to be read first. */
const withoutFirst: Readonly<Record<string, string>> = {
  'infra/postgres/migrations':
    'The tables, in steps that are taken in the order of their numbers; one that was released never changes.',
  'infra/kubernetes': 'A Deployment for each role, what all of them are given, and scalers; README.md says how to bring them up.',
}

/** `earlier`: files that are generated in another part, too, as they are with it. */
export function generateRoomDocs(earlier: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const path = 'ARCHITECTURE.md'
  const list = roomsOf(globSync(`{${folders.join(',')}}/`, { cwd: root }))
  const gone = Object.keys({ ...namedOtherwise, ...withoutFirst }).filter(room => !list.includes(room))
  if (gone.length > 0) throw new Error(`naming first files: there is no ${gone.join(', ')}`)
  const rows = list.map(rowOf)
  return new Map([
    [
      path,
      replaceBetween(
        earlier.get(path) ?? readOf(path),
        path,
        rooms,
        markdownTable(['room', 'first file', 'what that says'], rows),
      ),
    ],
  ])
}

const folders = [
  ...['src/*', 'src/*/*', 'src/*/*/*', 'simulator', 'simulator/*', 'console/src'],
  ...['infra/*', 'infra/postgres/migrations', 'bin', 'scripts', 'test/ground', 'bench'],
]

function rowOf(room: string): readonly string[] {
  const said = withoutFirst[room]
  if (said !== undefined) return [`[\`${room}\`](${room})`, '', said]
  const first = firstFileIn(room)
  return [`\`${room}\``, `[${basename(first)}](${first})`, firstSentence(readOf(first))]
}

/** Folders with files of their own that somebody writes. */
const roomsOf = (folders: readonly string[]): readonly string[] =>
  folders
    .filter(folder => statSync(join(root, folder)).isDirectory() && !/(^|\/)(generated|dist)(\/|$)/.test(folder))
    .filter(folder => filesOf(folder).length > 0)
    .sort()

const filesOf = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.includes('.test.'))
    .map(entry => entry.name)

const firstFileIn = (room: string): string =>
  // The composition root stands beside its folder.
  filesOf(dirname(room)).includes(`${basename(room)}.ts`) ? `${room}.ts` : firstFileOf(room, filesOf(room), namedOtherwise)

/** The file that says what the room is: named like it, or the list of it, or the only one there. */
export function firstFileOf(room: string, files: readonly string[], otherwise: Readonly<Record<string, string>>): string {
  const name = basename(room)
  const names = ['all', name, `open-${name}`, 'index', 'main']
  const found = names
    .map(one => files.find(file => file === `${one}.ts` || file === `${one}.tsx`))
    .find(file => file !== undefined)
  const only = files.length === 1 ? files[0] : undefined
  const named = otherwise[room]
  const first = found ?? only
  if (first !== undefined && named !== undefined)
    throw new Error(`${room}: ${first} is its first file, and ${named} is still named as that`)
  if (first === undefined && named === undefined)
    throw new Error(`${room}: expected a first file, one of ${names.map(one => `${one}.ts`).join(', ')}, got ${files.join(', ')}`)
  return join(room, String(first ?? named))
}

/** Of the comment that a file begins with; up to the first full stop, and of what follows a colon all. */
export function firstSentence(text: string): string {
  const comment = /^(?:\/\/|--|#) ?(.*(?:\n(?:\/\/|--|#) ?.*)*)/.exec(text)?.[1]
  if (comment === undefined) throw new Error(`expected a file that begins with a comment, got ${text.slice(0, 60)}`)
  const words = comment.replaceAll(/\n(?:\/\/|--|#) ?/g, ' ')
  const sentence = /^.*?[^.]\.(?= |$)/.exec(words)?.[0] ?? words
  return sentence.replaceAll('|', '\\|')
}
