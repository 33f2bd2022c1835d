// Guarantee: a small mistake is answered in a line or two, with what was probably meant, and 2; what is not here is said as such.
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
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
    "zaplog instances create: required option '--name <name>' not specified\n./zaplog instances create --help says what there is\n",
  ],
  [
    ['instances', 'show'],
    "zaplog instances show: missing required argument 'id'\n./zaplog instances show --help says what there is\n",
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
  [['instnces', '--help'], "zaplog: unknown command 'instnces' (did you mean instances?)\n./zaplog --help says what there is\n"],
] as const)('[H7] %j is answered in two lines', async (args, said) => {
  expect(await runVerb(args, {})).toEqual({ code: exitCodes.usage, out: '', err: said })
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
