// Guarantee: a small mistake is answered in a line or two, with what was probably meant, and 2; what is not here is said as such.
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { verbsAbout, verbTable } from '../../src/cli/help.ts'
import { pathOf, verbsOf } from '../../src/cli/verb-of.ts'
import { program } from '../../src/cli/zaplog.ts'
import { alwaysJson, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

test.each([
  [['instnces', 'list'], "zaplog: unknown command 'instnces' (did you mean instances?)\n./zaplog --help says what there is\n"],
  [
    ['instances', 'restrt', 'shop'],
    "zaplog instances: unknown command 'restrt' (did you mean restart?)\n./zaplog instances --help says what there is\n",
  ],
  [
    ['webhooks', 'delete', 'one'],
    "zaplog webhooks: unknown command 'delete' (did you mean remove?)\n./zaplog webhooks --help says what there is\n",
  ],
  [
    ['instances', 'get', 'shop'],
    "zaplog instances: unknown command 'get' (did you mean show?)\n./zaplog instances --help says what there is\n",
  ],
  [
    ['instances', 'nothing-alike'],
    "zaplog instances: unknown command 'nothing-alike'\n./zaplog instances --help says what there is\n",
  ],
  [
    ['instances', 'list', '--jsn'],
    "zaplog instances list: unknown option '--jsn' (did you mean --json?)\n./zaplog instances list --help says what there is\n",
  ],
  [
    ['instances', 'create'],
    "zaplog instances create: required option '--name <name>' not specified\n./zaplog instances create --name <name>; --help says the rest\n",
  ],
  [
    ['instances', 'show'],
    "zaplog instances show: missing required argument 'id'\n./zaplog instances show <id>; --help says the rest\n",
  ],
  [
    ['send', '5511900000011'],
    "zaplog send: missing required argument 'text', or --url\n./zaplog send --help says what there is\n",
  ],
  [
    ['webhooks', 'add'],
    'zaplog webhooks add: expected a URL such as https://example.com/hook, got none\n./zaplog webhooks add --help says what there is\n',
  ],
  [
    ['webhooks', 'add', 'https://a.example', '--types', 'message.*', 'https://b.example'],
    'zaplog webhooks add: expected one URL, got https://a.example and https://b.example\n./zaplog webhooks add --help says what there is\n',
  ],
  [
    ['schemas', '--release', '0.1.0'],
    "zaplog schemas: missing required argument 'name', of which --release is one text\n./zaplog schemas --help says what there is\n",
  ],
  [
    ['schemas', 'message.received', '--live', '--release', '0.1.0'],
    "zaplog schemas: option '--release <version>' cannot be used with option '--live'\n./zaplog schemas --help says what there is\n",
  ],
  [
    ['upload', 'package.json', '--caption', 'Oi'],
    "zaplog upload: missing required option '--to <number>', of whose message --caption is a part\n./zaplog upload --help says what there is\n",
  ],
  [
    ['messages', 'poll', '5511900000011'],
    "zaplog messages poll: missing required argument 'name'\n./zaplog messages poll <chat> <name> <option...>; --help says the rest\n",
  ],
  [['archive'], "zaplog: unknown command 'archive' (did you mean chats archive?)\n./zaplog --help says what there is\n"],
  [
    ['messages', 'archive', '5511900000011'],
    "zaplog messages: unknown command 'archive' (did you mean chats archive?)\n./zaplog messages --help says what there is\n",
  ],
  [['help', 'nothing-alike'], "zaplog help: no verb has to do with 'nothing-alike'\n./zaplog help --help says what there is\n"],
  [['instnces', '--help'], "zaplog: unknown command 'instnces' (did you mean instances?)\n./zaplog --help says what there is\n"],
] as const)('[H7] %j is answered in two lines', async (args, said) => {
  expect(await runVerb(args, {})).toEqual({ code: exitCodes.usage, out: '', err: said })
})

test('[H7] help says how a verb goes, finds verbs by a word, and lists every one on a line of its own', async () => {
  expect((await runVerb(['help', 'messages', 'poll'], {})).out).toMatch(/^Usage: zaplog messages poll .*For example:/s)
  const top = (await runVerb(['help'], {})).out.split('\n')
  const shown = (one: Command) =>
    top.some(line => line.startsWith(`  ${one.name()} `) && line.endsWith(` ${one.summary() || one.description()}`))
  expect(program.commands.filter(one => !shown(one)).map(pathOf)).toEqual([])
  const found = verbTable(verbsAbout(program, ['Archive'])).split('\n')
  expect(found.filter(line => line.includes('chats'))).toEqual([
    expect.stringMatching(/^zaplog chats archive <chat> +Archive a chat/),
    expect.stringMatching(/^zaplog chats unarchive <chat> +Take a chat/),
  ])
  const all = verbsOf(program)
  const lines = verbTable(verbsAbout(program, ['all']))
    .split('\n')
    .slice(1)
  expect(lines.map(line => line.replace(/^zaplog (.*?)(?: [<[].*)?(?: {2}.*)$/, '$1').trimEnd())).toEqual(all.map(pathOf))
  expect(all.filter(verb => verb.description() === '').map(pathOf)).toEqual([])
})

const oneAndTwo = { eventTypes: ['message.received', 'message.sent'] }
test.each([
  [['--types', 'message.received', 'message.sent', 'URL'], oneAndTwo],
  [['--types', 'message.received,message.sent', 'URL'], oneAndTwo],
  [['--types', 'message.received', '--types', 'message.sent', 'URL'], oneAndTwo],
  [['URL', '--types', 'message.received', 'message.sent'], oneAndTwo],
  [['--types', 'message.received', 'message.sent', '--', 'URL'], oneAndTwo],
  [['--instance', 'a, b', '--types', 'message.received', 'URL'], { instanceIds: ['a', 'b'], eventTypes: ['message.received'] }],
  [['--instance', 'a', 'URL'], { instanceIds: ['a'] }],
  [['URL'], {}],
] as const)('[H7] [E1] webhooks add %j takes the URL wherever it stands', async (args, asked) => {
  const URL = 'https://example.com/hook'
  let body = ''
  const { url } = await openLoopbackServer(async (request, response) => {
    body = await text(request)
    alwaysJson(201, { id: 'one', url: URL, enabled: true, secret: 'whsec_c2VjcmV0' })(request, response)
  })
  const given = args.map(word => (word === 'URL' ? URL : word))
  const { code } = await runVerb(['webhooks', 'add', ...given], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })
  expect({ code, body: JSON.parse(body) }).toEqual({ code: 0, body: { url: URL, ...asked } })
})
