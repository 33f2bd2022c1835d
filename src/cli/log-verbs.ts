// Verbs for what is in the log: copied, made again, read, explained, moved.
import { Argument, type Command, Option } from 'commander'
import { instancesOption, patternsHelp } from './common-options.ts'
import { countParser } from './count-option.ts'
import { idOf } from './id-lists.ts'
import { commaList } from './list-option.ts'

export function addCopyVerbs(program: Command): void {
  program
    .command('replay')
    .addArgument(idOf('replay', new Argument('[id]')))
    .summary('copy a range of the log into a topic of its own')
    .usage('--from <from> --to <name> [options] | <id>')
    .description('copy a range of the log into a topic of its own, and follow it to its end, or one that there is by its id')
    .option('--from <from>', 'where it begins: -7d, an instant, beginning, or offsets: 0=120,1=77')
    .option('--to <name>', 'what it is called, and its topic {prefix}replay.{name}')
    .option('--until <until>', 'where it ends; left out, where the log ends now')
    .option('--topic <topic...>', 'what is copied: events, history, media-stored and others of zaplog topics (events)', commaList)
    .addOption(instancesOption())
    .option('--type <type...>', patternsHelp, commaList)
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
  addProjectionVerbs(program.command('projections').description('what is made of the log, and who is left out'))
}

function addProjectionVerbs(projections: Command): void {
  projections
    .command('list')
    .description(
      'each projection, how far it is behind, and each account that it leaves out: since which record, why, and how many records wait',
    )
    .action(async () => (await import('./projections.ts')).listProjections())
  projections
    .command('resume')
    .addArgument(idOf('instance', new Argument('<account>')))
    .description(
      'project an account again that is left out, from the record that failed on: for when what was wrong is mended. Nothing is lost; where the record fails again, it is left out as before',
    )
    .option('--projection <name>', 'which projection; left out, all that leave it out')
    .option('--no-wait', 'answer at once, instead of waiting until it is done')
    .action(async (account, options) => (await import('./projections.ts')).changeKey('resume', account, options))
  projections
    .command('skip')
    .addArgument(idOf('instance', new Argument('<account>')))
    .description(
      'pass over the one record that keeps an account out, for good, and project the rest. What that record said is lost to the projection: no row of read-model, no webhook of webhook-stream; the record stays in its topic and among the dead letters',
    )
    .option('--projection <name>', 'which projection, where several leave it out')
    .option('--no-wait', 'answer at once, instead of waiting until it is done')
    .action(async (account, options) => (await import('./projections.ts')).changeKey('skip', account, options))
}

/** Behind the verbs of calls, of which some get a house companion. */
export function addLogVerbs(program: Command, outputLost: AbortSignal): void {
  const events = program.command('events').description('what happens')
  events
    .command('tail')
    .description('print events as they happen, until Ctrl-C; it goes on by itself where zaplog was away')
    .addOption(instancesOption())
    .option('--type <type...>', patternsHelp, commaList)
    .option('--after <id>', 'what comes behind this id, which the end of a tail with --json says')
    .action(async options => (await import('./tail-events.ts')).tailEvents({ ...options, outputLost }))
  events
    .command('why')
    .addArgument(idOf('message', new Argument('<id>')))
    .description(
      'what became of an event: its row, record, file, link, command and deliveries, in the order of time, and what to do next',
    )
    .addOption(
      idOf('instance', new Option('--instance <id>', 'whose message it is, where the id is WhatsApp’s and not the event’s')),
    )
    .action(async (id, options) => (await import('./why.ts')).whyEvent(id, options))
  houseOf(program, 'replays')
    .command('status')
    .addArgument(idOf('replay', new Argument('<replay>')))
    .description('how far a replay is, by its id or its name, and which partitions have how much')
    .option('--watch', 'until it is over, or Ctrl-C, which leaves it at work')
    .action(async (replay, options) => (await import('./replay.ts')).replayStatus(replay, options))
  addRebuildVerbs(houseOf(program, 'rebuilds'))
  houseOf(program, 'media')
    .command('why')
    .addArgument(idOf('file', new Argument('<id>')))
    .description('what became of the file of a message, by the id of its event')
    .addOption(
      idOf('instance', new Option('--instance <id>', 'whose message it is, where the id is WhatsApp’s and not the event’s')),
    )
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
}

function addRebuildVerbs(rebuilds: Command): void {
  rebuilds
    .command('status')
    .addArgument(idOf('rebuild', new Argument('<rebuild>')))
    .description('how far a rebuild is, and what was found')
    .option('--watch', 'until it is over or waits for you, or Ctrl-C, which leaves it at work')
    .action(async (rebuild, options) => (await import('./rebuild.ts')).rebuildStatus(rebuild, options))
  for (const [what, description] of [
    ['swap', 'have what was rebuilt read, also where rows differ or an account is left out, and wait until it is'],
    ['rollback', 'have what was read before read again, and wait until it is'],
  ] as const)
    rebuilds
      .command(what)
      .addArgument(idOf('rebuild', new Argument('<rebuild>')))
      .description(description)
      .option('--no-wait', 'answer at once')
      .action(async (rebuild, options) => (await import('./rebuild.ts')).exchangeVerb(rebuild, what, options))
}

/** Of the verbs that are made of routes, for one that is not. */
function houseOf(program: Command, thing: string): Command {
  const house = program.commands.find(one => one.name() === thing)
  if (house === undefined) throw new Error(`expected verbs of ${thing}, there are none`)
  return house
}
