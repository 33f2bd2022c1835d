// Verbs for the accounts themselves: made, paired, changed, deleted.
import { Argument, type Command, Option } from 'commander'
import { idOf } from './id-lists.ts'
import { parsePicture } from './qr-picture.ts'
import { parseSetting } from './setting-option.ts'

const settingHelp = 'a setting of it, such as historySync=true, several times for several; README lists them'

export function addInstanceVerbs(program: Command, outputLost: AbortSignal): void {
  const instances = program.command('instances').description('WhatsApp accounts')
  instances
    .command('list')
    .alias('ls')
    .description('all instances and their states')
    .action(async () => (await import('./instances.ts')).listInstances())
  instances
    .command('show')
    .addArgument(idOf('instance', new Argument('<id>')))
    .description('one instance')
    .action(async id => (await import('./instances.ts')).showInstance(id))
  addPairingVerbs(instances, outputLost)
  instances
    .command('set')
    .addArgument(idOf('instance', new Argument('<id>')))
    .description('change its settings: historySync=true and others that README lists; default takes one back')
    .argument('<name=value...>', 'what to set', parseSetting)
    .action(async (id, settings) => (await import('./instances.ts')).setInstance(id, settings))
  instances
    .command('history')
    .addArgument(idOf('instance', new Argument('<id>')))
    .description('how far the phone’s history is')
    .action(async id => (await import('./instance-history.ts')).showHistory(id))
  instances
    .command('restart')
    .addArgument(idOf('instance', new Argument('<id>')))
    .description('close the socket and open it again')
    .action(async id => (await import('./instances.ts')).restartInstance(id))
  instances
    .command('logout')
    .addArgument(idOf('instance', new Argument('<id>')))
    .description('unlink the phone and erase the auth state')
    .action(async id => (await import('./instances.ts')).logOutInstance(id))
  instances
    .command('delete')
    .addArgument(idOf('instance', new Argument('<id>')))
    .description('delete the instance; its id is never given out again. On a terminal it says what goes and what stays, and asks')
    .option('--purge', 'erase what was stored of it, too: rows, files and deliveries; also of one that was deleted before')
    .option('--yes', 'do not ask')
    .option('--no-wait', 'do not wait for the purge to be done')
    .action(async (id, options) => (await import('./delete-instance.ts')).deleteInstance(id, options))
  instances
    .command('purge-status')
    .addArgument(idOf('instance', new Argument('<id>')))
    .description('how far the purge of an instance is')
    .option('--watch', 'until it is done')
    .action(async (id, options) => (await import('./delete-instance.ts')).showPurge(id, options))
}

function addPairingVerbs(instances: Command, outputLost: AbortSignal): void {
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
    .command('qr')
    .addArgument(idOf('instance', new Argument('<id>')))
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
    .command('pair')
    .addArgument(idOf('instance', new Argument('<id>')))
    .description('show a code to type on the phone, where it cannot scan one, until it is linked')
    .requiredOption('--phone <number>', 'the number of that phone, with its country: +55 11 90000-0011')
    .addOption(new Option('--json', 'the code as one JSON document, once'))
    .action(async (id, options) => (await import('./pair-instance.ts')).pairInstance(id, { ...options, outputLost }))
}
