// Verbs for endpoints that receive webhooks.
import { Argument, type Command } from 'commander'
import { instancesOption, snapshotsHelp, typesHelp } from './common-options.ts'
import { parseForwardUrl } from './forward-url-option.ts'
import { parseHoldMedia } from './hold-media-option.ts'
import { idOf } from './id-lists.ts'
import { commaList } from './list-option.ts'
import { parseSecret } from './secret-option.ts'

export function addEndpointVerbs(program: Command, outputLost: AbortSignal): void {
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
    .addOption(instancesOption())
    .option('--types <type...>', typesHelp, commaList)
    .option('--snapshots', snapshotsHelp)
    .action(async options => (await import('./listen.ts')).listen({ ...options, outputLost }))
  endpoints
    .command('add [url]') // it may stand behind a list, which takes what follows it
    .usage('<url> [options]')
    .description('add an endpoint; its secret is shown once')
    .addOption(instancesOption())
    .option('--types <type...>', typesHelp, commaList)
    .option('--snapshots', snapshotsHelp)
    .option('--hold-media <seconds>', 'how long a message waits for its file: 0 to 900, or until-settled', parseHoldMedia)
    .action(async (url, options) => (await import('./endpoints.ts')).addEndpoint(url, options))
  endpoints
    .command('test')
    .addArgument(idOf('endpoint', new Argument('<id>')))
    .description('post one test delivery now, and say what came back')
    .action(async id => (await import('./endpoints.ts')).testEndpoint(id))
  endpoints
    .command('enable')
    .addArgument(idOf('endpoint', new Argument('<id>')))
    .description('send again, what was kept first')
    .action(async id => (await import('./endpoints.ts')).enableEndpoint(id))
  endpoints
    .command('disable')
    .addArgument(idOf('endpoint', new Argument('<id>')))
    .description('send nothing; what comes is kept')
    .action(async id => (await import('./endpoints.ts')).disableEndpoint(id))
  endpoints
    .command('remove')
    .addArgument(idOf('endpoint', new Argument('<id>')))
    .description('remove an endpoint, with what waits for it')
    .action(async id => (await import('./endpoints.ts')).removeEndpoint(id))
}
