// The command line: verbs and their options. Each verb is a file of its own. stdout is the result, stderr the progress.
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Argument, Command, Option } from 'commander'
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it
import { endBySignals } from '../../bin/early-signals.mjs'
import { notByDefault } from '../events/not-by-default.ts'
import { addCallVerbs } from './calls/call-verbs.ts'
import { countParser } from './count-option.ts'
import { parseParts, partNames } from './dev-options.ts'
import { exitMeanings } from './exit-codes.ts'
import { parseForwardUrl } from './forward-url-option.ts'
import { fromRepository } from './from-repository.ts'
import { callThings, callVerbs } from './generated/call-verbs.ts'
import { groupVerbs } from './help-groups.ts'
import { parseHoldMedia } from './hold-media-option.ts'
import { parseKey } from './key-option.ts'
import { commaList } from './list-option.ts'
import { watchOutput } from './lost-output.ts'
import { portParser } from './port-option.ts'
import { parsePicture } from './qr-picture.ts'
import { completeVerbs, helpText, runProgram, takeEnvFile, tolerant } from './run-program.ts'
import { parseSecret } from './secret-option.ts'
import { parseSetting } from './setting-option.ts'
import { sayVersion, version } from './version.ts'

const outputLost = watchOutput()

export const program = tolerant(new Command('zaplog'))
  .description('The event log for WhatsApp.')
  .version(version)
  .addHelpText(
    'after',
    helpText(`
zaplog help messages says what it can do with messages, zaplog help archive finds the verbs that have to do with that, and zaplog help all lists every one.

Verbs other than start, demo, simulate, dev, doctor, migrate, topics, schemas, completion, version and help speak HTTP to ZAPLOG_URL [http://HOST:PORT, or http://127.0.0.1:7070] with the key in ADMIN_API_KEY, in the file that ADMIN_API_KEY_FILE names, or in DATA_DIR/admin-key [./data/admin-key].

Exit codes:
${exitMeanings.map(({ code, when }) => `  ${code}  ${when}`).join('\n')}

With --json, stdout has one JSON document (webhooks listen, events tail, migrate and lag --watch: a line for each thing that happens), or nothing where something went wrong: then the last line of stderr is a problem in JSON.`),
  )

const start = program
  .command('start')
  .summary('run zaplog; .env.example lists its settings')
  .description('run zaplog; settings come from the environment (.env.example lists them)')
  .action(async () => (await import('./start.ts')).start(outputLost))

const demo = program
  .command('demo')
  .summary('everything against a simulated phone, stage by stage')
  .description('run everything against a simulated phone and print each stage of each message')
  .option('--once', 'exit when every expected webhook has arrived: 0, or 1 with what is missing')
  .action(async options => (await fromRepository('demo', () => import('./demo.ts'))).demo(options, outputLost))

const simulate = program
  .command('simulate')
  .summary('a local WhatsApp for zaplog to connect to')
  .description('run a local WhatsApp for zaplog to connect to; prints the commands to use it with')
  .option('--port <port>', 'websocket port; 0 takes a free one', portParser(), 7071)
  .option('--cdn-port <port>', 'port of the media CDN; 0 takes a free one', portParser(), 7072)
  .option('--control-port <port>', 'port of the control API; 0 takes a free one', portParser(), 7073)
  .option('--history <messages>', 'how many messages of its past each phone shares once it is linked', countParser(1_000_000), 0)
  .action(async options => (await fromRepository('simulate', () => import('./simulate.ts'))).simulate(options, outputLost))

const dev = program.command('dev').description('what a laptop or a first start lacks')
const services = dev
  .command('services')
  .description('run Kafka, a schema registry and an S3 server on loopback; prints the settings that make zaplog use them')
  .addOption(
    new Option('--only <parts>', 'comma list of kafka, registry, s3').argParser(parseParts).default(partNames, 'all of them'),
  )
  .option('--data <directory>', 'what they keep: the same directory, the same data', './data/services')
  .addOption(new Option('--fresh', 'a new directory, removed at the end').conflicts('data'))
  .option(
    '--port-base <port>',
    'Kafka’s; registry, S3 and Kafka’s controller take the next three; 0: free ones',
    portParser({ portsAfter: 3 }),
    7080,
  )
  .option('--settings <file>', 'where to write the settings, too')
  .action(async options => (await import('./dev-services.ts')).devServices(options, outputLost))
dev
  .command('secrets')
  .description('write a .env with new random secrets for docker-compose.yml; never over an existing one')
  .option('--file <file>', 'where to', '.env')
  .action(async options => (await import('./dev-secrets.ts')).devSecrets(options))

const settingHelp = 'a setting of it, such as historySync=true, several times for several; README lists them'

const instances = program.command('instances').description('WhatsApp accounts')
instances
  .command('list')
  .alias('ls')
  .description('all instances and their states')
  .action(async () => (await import('./instances.ts')).listInstances())
instances
  .command('show <id>')
  .description('one instance')
  .action(async id => (await import('./instances.ts')).showInstance(id))
instances
  .command('create')
  .description('create an instance and show the QR code to scan')
  .requiredOption('--name <name>', 'what people call it')
  .option('--id <id>', 'its id for ever; made up when left out')
  .option('--setting <name=value...>', settingHelp, parseSetting)
  .option('--no-qr', 'do not wait for the QR code')
  .option('--picture <file>', 'the QR code as a picture, .png or .svg, instead of a drawing', parsePicture)
  .action(async options => (await import('./instances.ts')).createInstance({ ...options, outputLost }))
instances
  .command('qr <id>')
  .description('show QR codes until the phone has scanned one')
  .addOption(new Option('--text', 'what the next code says, once, for a simulator or another tool').conflicts('json'))
  .addOption(new Option('--json', 'the next code as one JSON document, once'))
  .addOption(
    new Option('--picture <file>', 'each code as a picture, .png or .svg, instead of a drawing')
      .argParser(parsePicture)
      .conflicts(['json', 'text']),
  )
  .action(async (id, options) => (await import('./instances.ts')).showQr(id, { ...options, outputLost }))
instances
  .command('pair <id>')
  .description('show a code to type on the phone, where it cannot scan one, until it is linked')
  .requiredOption('--phone <number>', 'the number of that phone, with its country: +55 11 90000-0011')
  .addOption(new Option('--json', 'the code as one JSON document, once'))
  .action(async (id, options) => (await import('./pair-instance.ts')).pairInstance(id, { ...options, outputLost }))
instances
  .command('set <id>')
  .description('change its settings: historySync=true and others that README lists; default takes one back')
  .argument('<name=value...>', 'what to set', parseSetting)
  .action(async (id, settings) => (await import('./instances.ts')).setInstance(id, settings))
instances
  .command('history <id>')
  .description('how far the phone’s history is')
  .action(async id => (await import('./instance-history.ts')).showHistory(id))
instances
  .command('restart <id>')
  .description('close the socket and open it again')
  .action(async id => (await import('./instances.ts')).restartInstance(id))
instances
  .command('logout <id>')
  .description('unlink the phone and erase the auth state')
  .action(async id => (await import('./instances.ts')).logOutInstance(id))
instances
  .command('delete <id>')
  .description('delete the instance; its id is never given out again. On a terminal it says what goes and what stays, and asks')
  .option('--purge', 'erase what was stored of it, too: rows, files and deliveries; also of one that was deleted before')
  .option('--yes', 'do not ask')
  .option('--no-wait', 'do not wait for the purge to be done')
  .action(async (id, options) => (await import('./delete-instance.ts')).deleteInstance(id, options))
instances
  .command('purge-status <id>')
  .description('how far the purge of an instance is')
  .option('--watch', 'until it is done')
  .action(async (id, options) => (await import('./delete-instance.ts')).showPurge(id, options))

const instancesHelp = 'only these instances; a comma list, or several'
const typesHelp = `only these event types, a comma list or several; patterns such as message.* are allowed. Left out: all but ${notByDefault.join(', ')}`
const snapshotsHelp = 'also what a phone tells of its whole state, as after it was linked, and not only changes'

const endpoints = program.command('webhooks').description('endpoints that receive webhooks')
endpoints
  .command('list')
  .alias('ls')
  .description('all endpoints')
  .action(async () => (await import('./endpoints.ts')).listEndpoints())
endpoints
  .command('listen')
  .description('receive webhooks here, without a URL that zaplog could reach: verified, printed, and gone with this command')
  .option('--forward <url>', 'hand each on to a receiver that this machine reaches, whose answer counts', parseForwardUrl)
  .option('--secret <secret>', 'the receiver’s own, whsec_…: what is handed on is signed with it', parseSecret)
  .option('--instance <id...>', instancesHelp, commaList)
  .option('--types <type...>', typesHelp, commaList)
  .option('--snapshots', snapshotsHelp)
  .action(async options => (await import('./listen.ts')).listen({ ...options, outputLost }))
endpoints
  .command('add [url]') // it may stand behind a list, which takes what follows it
  .usage('<url> [options]')
  .description('add an endpoint; its secret is shown once')
  .option('--instance <id...>', instancesHelp, commaList)
  .option('--types <type...>', typesHelp, commaList)
  .option('--snapshots', snapshotsHelp)
  .option('--hold-media <seconds>', 'how long a message waits for its file: 0 to 900, or until-settled', parseHoldMedia)
  .action(async (url, options) => (await import('./endpoints.ts')).addEndpoint(url, options))
endpoints
  .command('test <id>')
  .description('post one test delivery now, and say what came back')
  .action(async id => (await import('./endpoints.ts')).testEndpoint(id))
endpoints
  .command('enable <id>')
  .description('send again, what was kept first')
  .action(async id => (await import('./endpoints.ts')).enableEndpoint(id))
endpoints
  .command('disable <id>')
  .description('send nothing; what comes is kept')
  .action(async id => (await import('./endpoints.ts')).disableEndpoint(id))
endpoints
  .command('remove <id>')
  .description('remove an endpoint, with what waits for it')
  .action(async id => (await import('./endpoints.ts')).removeEndpoint(id))

program
  .command('send <number> [text]')
  .summary('send a text or a file, and wait until WhatsApp has it')
  .description(
    'send a text or a file, and wait until WhatsApp has taken it, for a minute at most; it is sent all the same after that',
  )
  .option('--instance <id>', 'who sends it; left out, the only instance there is')
  .option('--url <url>', 'send the file that is there; the text is its caption')
  .option('--kind <kind>', 'what the file is sent as: image, video, gif, ptv, audio, voice, document, sticker (document)')
  .option('--key <key>', 'the same again with the same key is sent once', parseKey)
  .action(async (number, text, options) => (await import('./send.ts')).send(number, text, options))

program
  .command('upload <file>')
  .summary('send a file of yours, and wait until WhatsApp has it')
  .description(
    'send a file, and wait until WhatsApp has taken it, for two minutes at most; it is sent all the same after that. Without --to it prints the id of the upload, which messages name',
  )
  .option('--to <number>', 'to whom: a person or a group; left out, to nobody yet')
  .option('--kind <kind>', 'what it is sent as: image, video, gif, ptv, audio, voice, document, sticker (by its type)')
  .option('--caption <text>', 'with --to, below an image, a video or a document')
  .option('--instance <id>', 'who sends it; left out, the only instance there is')
  .option('--key <key>', 'the same again with the same key is sent once', parseKey)
  .action(async (file, options, verb: Command) => {
    if (options.caption !== undefined && options.to === undefined)
      verb.error("missing required option '--to <number>', of whose message --caption is a part")
    return (await import('./upload.ts')).uploadVerb(file, options)
  })

program
  .command('replay [id]')
  .summary('copy a range of the log into a topic of its own')
  .usage('--from <from> --to <name> [options] | <id>')
  .description('copy a range of the log into a topic of its own, and follow it to its end, or one that there is by its id')
  .option('--from <from>', 'where it begins: -7d, an instant, beginning, or offsets: 0=120,1=77')
  .option('--to <name>', 'what it is called, and its topic {prefix}replay.{name}')
  .option('--until <until>', 'where it ends; left out, where the log ends now')
  .option('--topic <topic...>', 'what is copied: events, history, media-stored and others of zaplog topics (events)', commaList)
  .option('--instance <id...>', instancesHelp, commaList)
  .option('--type <type...>', 'only these types, a comma list or several; patterns such as message.* are allowed', commaList)
  .option('--chat <chat...>', 'only these chats; a comma list, or several', commaList)
  .option('--rate <records>', 'records a second, at most (500)', countParser(100_000))
  .option('--follow', 'go on with what comes, until it is cancelled')
  .option('--per-type', 'a topic for each type')
  .option('--no-marker', 'without replay.ended at the end of each partition')
  .option('--dry-run', 'say how much it would be, and make nothing')
  .option('--no-wait', 'answer at once, instead of following it')
  .action(async (id, options) => (await import('./replay.ts')).replayVerb(id, options))

program
  .command('rebuild <projection>')
  .summary('make the read model again from the log')
  .description(
    'make the read model again from the log, beside what is read: filled, compared, and swapped in where every row is the same; it is followed until then, or until it waits for you',
  )
  .option('--dry-run', 'say how much it would be, and make nothing')
  .option('--no-swap', 'once it is filled and compared, wait to be told to swap')
  .option('--no-wait', 'answer at once, instead of following it')
  .action(async (projection, options) => (await import('./rebuild.ts')).rebuildVerb(projection, options))

const projections = program.command('projections').description('what is made of the log, and accounts that are left out of it')
projections
  .command('list')
  .description(
    'each projection, how far it is behind, and each account that it leaves out: since which record, why, and how many records wait',
  )
  .action(async () => (await import('./projections.ts')).listProjections())
projections
  .command('resume <account>')
  .description(
    'project an account again that is left out, from the record that failed on: for when what was wrong is mended. Nothing is lost; where the record fails again, it is left out as before',
  )
  .option('--projection <name>', 'which projection; left out, all that leave it out')
  .option('--no-wait', 'answer at once, instead of waiting until it is done')
  .action(async (account, options) => (await import('./projections.ts')).changeKey('resume', account, options))
projections
  .command('skip <account>')
  .description(
    'pass over the one record that keeps an account out, for good, and project the rest. What that record said is lost to the projection: no row of read-model, no webhook of webhook-stream; the record stays in its topic and among the dead letters',
  )
  .option('--projection <name>', 'which projection, where several leave it out')
  .option('--no-wait', 'answer at once, instead of waiting until it is done')
  .action(async (account, options) => (await import('./projections.ts')).changeKey('skip', account, options))

addCallVerbs(program, { verbs: callVerbs, things: callThings }, async (verb, typed) =>
  (await import('./calls/run-call.ts')).runCall(verb, typed),
)

/** Of the verbs that are made of routes, for one that is not. */
function houseOf(thing: string): Command {
  const house = program.commands.find(one => one.name() === thing)
  if (house === undefined) throw new Error(`expected verbs of ${thing}, there are none`)
  return house
}

const events = program.command('events').description('what happens')
events
  .command('tail')
  .description('print events as they happen, until Ctrl-C; it goes on by itself where zaplog was away')
  .option('--instance <id...>', instancesHelp, commaList)
  .option('--type <type...>', 'only these types, a comma list or several; patterns such as message.* are allowed', commaList)
  .option('--after <id>', 'what comes behind this id, which the end of a tail with --json says')
  .action(async options => (await import('./tail-events.ts')).tailEvents({ ...options, outputLost }))
events
  .command('why <id>')
  .description(
    'what became of an event: its row, record, file, link, command and deliveries, in the order of time, and what to do next',
  )
  .option('--instance <id>', 'whose message it is, where the id is WhatsApp’s and not the event’s')
  .action(async (id, options) => (await import('./why.ts')).whyEvent(id, options))
houseOf('replays')
  .command('status <replay>')
  .description('how far a replay is, by its id or its name, and which partitions have how much')
  .option('--watch', 'until it is over, or Ctrl-C, which leaves it at work')
  .action(async (replay, options) => (await import('./replay.ts')).replayStatus(replay, options))
houseOf('rebuilds')
  .command('status <rebuild>')
  .description('how far a rebuild is, and what was found')
  .option('--watch', 'until it is over or waits for you, or Ctrl-C, which leaves it at work')
  .action(async (rebuild, options) => (await import('./rebuild.ts')).rebuildStatus(rebuild, options))
for (const [what, description] of [
  ['swap', 'have what was rebuilt read, also where rows differ or an account is left out, and wait until it is'],
  ['rollback', 'have what was read before read again, and wait until it is'],
] as const)
  houseOf('rebuilds')
    .command(`${what} <rebuild>`)
    .description(description)
    .option('--no-wait', 'answer at once')
    .action(async (rebuild, options) => (await import('./rebuild.ts')).exchangeVerb(rebuild, what, options))
houseOf('media')
  .command('why <id>')
  .description('what became of the file of a message, by the id of its event')
  .option('--instance <id>', 'whose message it is, where the id is WhatsApp’s and not the event’s')
  .action(async (id, options) => (await import('./why.ts')).whyMedia(id, options))
program
  .command('topics [topic]')
  .summary('the topics of the log that others may read')
  .description('the topics of the log that others may read, and what is in them; of one, its types')
  .option('--live', 'as the zaplog that runs has them: partitions, records and how long they are kept; of one, its offsets')
  .action(async (topic, { live }) =>
    live ? (await import('./live-catalogue.ts')).sayLiveTopics(topic) : (await import('./catalogue.ts')).sayTopics(topic),
  )
program
  .command('schemas [name]')
  .summary('the types of events, or the Avro schema of one')
  .description(
    'the types of events, with the releases that have each, or the Avro schema of one, by its type or its name in the registry',
  )
  .option('--live', 'their ids in the registry of the zaplog that runs; of one, its own')
  .addOption(new Option('--release <version>', 'of one, as that release has it').conflicts('live'))
  .action(async (name, { live, release }, verb: Command) => {
    if (live) return (await import('./live-catalogue.ts')).sayLiveSchemas(name)
    if (release !== undefined && name === undefined)
      verb.error("missing required argument 'name', of which --release is one text")
    return (await import('./catalogue.ts')).saySchemas(name, release)
  })

program
  .command('lag')
  .summary('how far consumers of the log are behind its end')
  .description('how far whoever consumes the log is behind its end')
  .option('--watch', 'again every 2 s, until Ctrl-C; with --json a line each time')
  .action(async options => (await import('./lag.ts')).showLag({ ...options, outputLost }))
const migrate = program
  .command('migrate')
  .summary('move the log from Postgres to Kafka')
  .description(
    'move the log from Postgres to the Kafka that KAFKA_BROKERS and SCHEMA_REGISTRY_URL name, while zaplog is stopped: every record keeps its topic, partition and offset, and is read back and compared. What was killed goes on where it was',
  )
  .usage('--to-kafka [--dry-run] | --delete-old [--yes]')
  .addOption(new Option('--to-kafka', 'the only place that a log moves to').conflicts('deleteOld'))
  .option('--dry-run', 'say what would be copied and what stands against it, and make nothing')
  .addOption(new Option('--delete-old', 'delete the records in Postgres of a log that has moved').conflicts('dryRun'))
  .option('--yes', 'with --delete-old, do not ask')
  .action(async (options, verb: Command) => {
    if (options.toKafka !== true && options.deleteOld !== true)
      verb.error("missing required option '--to-kafka', or '--delete-old'")
    return (await import('./migrate.ts')).migrateVerb(options, outputLost)
  })
const keys = program.command('keys').description('the keys that seal what is in Postgres')
keys
  .command('status')
  .description('how much is sealed with which key')
  .action(async () => (await import('./keys.ts')).keysStatus())
keys
  .command('rotate')
  .summary('seal everything anew with ENCRYPTION_KEY')
  .description(
    'seal anew, beside the work, what is not sealed with ENCRYPTION_KEY; it may be ended at any time and begun again, and ends with how much is left under other keys',
  )
  .action(async () => (await import('./keys.ts')).rotateKeys())
program
  .command('doctor')
  .summary('what is wrong with its parts, and how to mend it')
  .description('look at every part that the settings name, and say how to mend what is wrong')
  .action(async () => (await import('./doctor.ts')).doctor())
program
  .command('completion')
  .summary('a script for the tab key of bash or zsh')
  .description('print a script with which a shell completes verbs, options and their values')
  .addArgument(new Argument('<shell>', 'bash or zsh').choices(['bash', 'zsh']))
  .action(async shell => (await import('./completion.ts')).sayCompletion(program, shell))
program
  .command('status')
  .summary('whether it works, its instances and endpoints')
  .description('whether it works, and its instances and endpoints, at a glance')
  .action(async () => (await import('./status.ts')).showStatus())
program
  .command('ls')
  .description('instances list, in short')
  .action(async () => (await import('./instances.ts')).listInstances())
program.command('version').description('the version of this zaplog').action(sayVersion)
program
  .command('help [words...]')
  .summary('how a verb goes; which verbs have to do with a word')
  .description('how a verb goes; of any other word the verbs that have to do with it; of all every verb')
  .action(async words => (await import('./help.ts')).showHelp(program, words))

/** They end in order when they are told to; the others have nothing that a signal could leave behind. */
const orderly: readonly Command[] = [start, demo, simulate, services, migrate]
program.hook('preAction', async (_program, verb) => {
  takeEnvFile(verb)
  if (!orderly.includes(verb)) await endBySignals()
})
completeVerbs(program)
groupVerbs(program)

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) await runProgram(program, process.argv)
