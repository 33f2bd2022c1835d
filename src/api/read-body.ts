// Bodies are JSON in UTF-8. Bytes that are none are refused, not replaced: what is stored is what was sent.
import type { App } from './create-app.ts'
import { forbiddenNameIn } from './forbidden-name.ts'
import { Problem } from './problems.ts'

/** An empty body is none, because some clients announce JSON with every POST. What DELETE brings is not read, as with GET. */
export function readBodies(app: App) {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addHttpMethod('DELETE', { hasBody: false, overrideExisting: true })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(['application/json', 'application/merge-patch+json'], { parseAs: 'buffer' }, (request, body, done) => {
    const text = utf8Of(body as Buffer)
    if (text === null) done(new Problem('malformed-request', 'reading the request: the body is not UTF-8'))
    else if (text === '') done(null, undefined)
    else parse(request, text, (error, json) => done(error && (namedProblem(text) ?? error), json))
  })
}

/** null: something else is wrong with it. */
function namedProblem(text: string): Problem | null {
  const forbidden = forbiddenNameIn(text)
  if (forbidden === null) return null
  const { pointer, expected } = forbidden
  return new Problem('malformed-request', `reading the request: ${pointer}: expected ${expected}`, { errors: [forbidden] })
}

/** null: it is none. */
function utf8Of(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}
