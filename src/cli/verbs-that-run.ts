// Verbs that run something until they are told to stop: zaplog, its demo, a local WhatsApp, servers for a laptop.
import { type Command, Option } from 'commander'
import { countParser } from './count-option.ts'
import { parseParts, partNames } from './dev-options.ts'
import { fromRepository } from './from-repository.ts'
import { portParser } from './port-option.ts'

/** Answers those that end in order when they are told to. */
export function addVerbsThatRun(program: Command, outputLost: AbortSignal): readonly Command[] {
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
    .option(
      '--history <messages>',
      'how many messages of its past each phone shares once it is linked',
      countParser(1_000_000),
      0,
    )
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
  return [start, demo, simulate, services]
}
