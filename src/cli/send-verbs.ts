// Verbs that send a text or a file and wait for WhatsApp.
import type { Command } from 'commander'
import { senderOption } from './common-options.ts'
import { parseKey } from './key-option.ts'

export function addSendVerbs(program: Command): void {
  program
    .command('send <number> [text]')
    .summary('send a text or a file, and wait until WhatsApp has it')
    .description(
      'send a text or a file, and wait until WhatsApp has taken it, for a minute at most; it is sent all the same after that',
    )
    .addOption(senderOption())
    .option('--url <url>', 'send the file that is there; the text is its caption')
    .option('--kind <kind>', 'what the file is sent as: image, video, gif, ptv, audio, voice, document, sticker (document)')
    .option('--key <key>', 'the same again with the same key is sent once', parseKey)
    .option('--no-wait', 'answer the command’s id at once, instead of what came of it')
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
    .addOption(senderOption())
    .option('--key <key>', 'the same again with the same key is sent once', parseKey)
    .action(async (file, options, verb: Command) => {
      if (options.caption !== undefined && options.to === undefined)
        verb.error("missing required option '--to <number>', of whose message --caption is a part")
      return (await import('./upload.ts')).uploadVerb(file, options)
    })
}
