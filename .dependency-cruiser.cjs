// The import rules of ARCHITECTURE.md: what is not allowed here does not cross folders.
const folders = ['events', 'instances', 'log', 'registry', 'producers', 'processors', 'projections', 'webhooks', 'objects', 'database', 'purge', 'api', 'cli', 'runtime']
const ports = '^src/(log/(log|dead-letter)|registry/registry|objects/objects|database/(database|bounded-count)|projections/projection|purge/(tombstones|erasure|object-rows))\\.ts$'
const everywhere = ['^src/events/', '^src/runtime/', ports]

/** Who lives an instance's life, and who asks what is wanted of one. */
const knowInstances = ['producers', 'webhooks']

/** One rule per folder: ours may be imported from the folder itself, from what everybody may use, and from `also`. */
const fence = (folder, also = []) => ({
  name: `${folder}-imports`,
  comment: `src/${folder} may import itself, src/events, src/runtime and the ports${also.length > 0 ? `, ${also.join(', ')}` : ''}`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^(src|simulator|test|bench)/', pathNot: [`^src/${folder}/`, ...everywhere, ...also] },
})

module.exports = {
  forbidden: [
    { name: 'events-are-pure', severity: 'error', from: { path: '^src/events/' }, to: { path: '^(src|simulator|test|bench)/', pathNot: '^src/(events/|runtime/coded-error\\.ts$)' } },
    { name: 'runtime-is-below', severity: 'error', from: { path: '^src/runtime/' }, to: { path: '^(src|simulator|test|bench)/', pathNot: '^src/(runtime|events)/' } },
    ...folders.filter(folder => !['events', 'runtime', 'projections', 'api', 'cli', 'purge', ...knowInstances].includes(folder)).map(folder => fence(folder)),
    ...knowInstances.map(folder => fence(folder, ['^src/instances/'])),
    fence('projections', ['^src/webhooks/stream/webhook-stream\\.ts$']),
    {
      name: 'only-the-list-of-projections-knows-the-webhook-stream',
      severity: 'error',
      from: { path: '^src/projections/', pathNot: '^src/projections/all\\.ts$' },
      to: { path: '^src/webhooks/' },
    },
    fence('purge', ['^src/(instances|processors|producers|projections|webhooks)/']),
    {
      name: 'only-the-list-of-erasures-knows-the-owners',
      comment: 'a purge erases what the owners of tables export, in the order of src/purge/erasures.ts',
      severity: 'error',
      from: { path: '^src/purge/', pathNot: '^src/purge/erasures\\.ts$' },
      to: { path: '^src/(processors|producers|projections|webhooks)/', pathNot: ports },
    },
    fence('api', ['^src/instances/', '^src/projections/queries', '^src/projections/[^/]+/queries', '^src/webhooks/endpoints/', '^src/webhooks/bridge/queries\\.ts$', '^src/purge/(queries|request-purge)\\.ts$']),
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
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.json'] },
  },
}
