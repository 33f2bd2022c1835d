// Verbs for whoever operates it: the log moves, keys change, what is wrong, how a verb goes.
import { Argument, type Command, Option } from 'commander'
import { countParser } from './count-option.ts'
import { sayVersion } from './version.ts'

/** Answers the one that ends in order when it is told to. */
export function addUpkeepVerbs(program: Command, outputLost: AbortSignal): readonly Command[] {
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
    .addOption(new Option('--ids <line>').hideHelp()) // the script asks so
    .addOption(new Option('--within-ms <n>').argParser(countParser(60_000)).hideHelp())
    .action(async (shell, { ids, withinMs }) =>
      ids === undefined
        ? (await import('./completion.ts')).sayCompletion(program, shell)
        : (await import('./complete-ids.ts')).sayIds(program, ids, withinMs),
    )
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
  return [migrate]
}
