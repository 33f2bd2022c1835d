// POST /message/sendMedia and its like: a file by URL is fetched by zaplog, one in base64 is an upload first; a status may be a text as well.
import { messageBody } from '../../events/command-bodies.ts'
import { demandAsking } from '../commands/accept-command.ts'
import type { App } from '../create-app.ts'
import { given, inTheirWords } from '../dialect.ts'
import { parseInput } from '../invalid-input.ts'
import { takeLargeBodies } from '../large-bodies.ts'
import { takeBytes } from '../uploads/take-bytes.ts'
import { type EvolutionDeps, type Given, instanceIn, routeCall } from './evolution-call.ts'
import { type AskedFile, fileCalls } from './file-bodies.ts'
import { sendMessage } from './send-calls.ts'
import { sendStatus } from './status-body.ts'

export function routeFileCalls(scope: App, deps: EvolutionDeps): void {
  const large = takeLargeBodies(instanceIn)
  for (const call of [...fileCalls, sendStatus])
    call(({ path, body, field, ask }) => {
      const names = namesOf(field)
      const asking = (said: By, asked: AskedFile) => inTheirWords(names, () => messageOf(deps, said, asked))
      routeCall(
        scope,
        {
          ...{ method: 'POST', path: `message/${path}`, body, status: 201 },
          answer: async said => sendMessage(deps, said, { asked: await asking(said, ask(said.body)), names }),
        },
        large,
      )
    })
}

const namesOf = (field: string) => ({
  ...{
    '/chatId': '/number',
    '/quotedMessageId': '/quoted/key/id',
    '/mentions': '/mentioned',
    '/mentionAll': '/mentionsEveryOne',
  },
  ...{ '/audience/chatIds': '/statusJidList', '/audience': '/allContacts', '/text': `/${field}` },
  ...{ '/media/fileName': '/fileName', '/media/mimetype': '/mimetype', '/media': `/${field}`, '/sizeBytes': `/${field}` },
})

type By = Pick<Given<unknown, unknown>, 'instanceId' | 'key'>

/** What is said of the file is judged before it is taken. */
async function messageOf(deps: EvolutionDeps, { instanceId, key }: By, asked: AskedFile) {
  if (asked.file === null) return asked.message
  const { kind, file, fileName = null, message, ...said } = asked
  if ('url' in file) {
    const { mimetype } = said
    const named = fileName === null ? {} : { fileName }
    return { ...message, media: { ...given({ url: file.url, mimetype }), ...named } }
  }
  const mimetype = said.mimetype ?? file.mimetype
  parseInput(messageBody, { ...message, media: { uploadId: '0'.repeat(32) } })
  await demandAsking(deps, { instanceId, key })
  const uploadId = await takeBytes(deps, { instanceId, key, kind, mimetype, fileName, bytes: file.bytes }, deps.cut)
  return { ...message, media: { uploadId } }
}
