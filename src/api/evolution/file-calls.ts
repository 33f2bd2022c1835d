// POST /message/sendMedia and its like: a file by URL is fetched by zaplog, one in base64 is an upload first.
import type { App } from '../create-app.ts'
import { given } from '../dialect.ts'
import { takeBytes } from '../uploads/take-bytes.ts'
import { type EvolutionDeps, type Given, routeCall } from './evolution-call.ts'
import { type FileCall, fileCalls } from './file-bodies.ts'
import { sendMessage } from './send-calls.ts'

/** In base64 a file of 18 MiB, which is in memory then: larger ones come by URL. */
const MAX_BYTES = 24 * 1024 * 1024

export function routeFileCalls(scope: App, deps: EvolutionDeps): void {
  for (const call of fileCalls) {
    const { path, body, field } = call
    const names = { '/chatId': '/number', '/media/url': `/${field}`, '/media': `/${field}`, '/quotedMessageId': '/quoted/key/id' }
    routeCall(
      scope,
      {
        ...{ method: 'POST', path: `message/${path}`, body, status: 201 },
        answer: async said => sendMessage(deps, said, { asked: await messageOf(deps, said, call), names }),
      },
      { bodyLimit: MAX_BYTES },
    )
  }
}

async function messageOf(deps: EvolutionDeps, { instanceId, key, body }: Given<unknown, unknown>, { ask }: FileCall) {
  const { kind, file, fileName = null, message, ...said } = ask(body as never)
  if ('url' in file) {
    const { mimetype } = said
    const named = fileName === null ? {} : { fileName }
    return { ...message, media: { ...given({ url: file.url, mimetype }), ...named } }
  }
  const mimetype = said.mimetype ?? file.mimetype
  const uploadId = await takeBytes(deps, { instanceId, key, kind, mimetype, fileName, bytes: file.bytes }, deps.cut)
  return { ...message, media: { uploadId } }
}
