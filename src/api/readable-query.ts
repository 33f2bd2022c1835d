// A query is percent-encoded UTF-8. What is not would be read as other characters than were meant: it is refused by name. (A path that is
// not ends in the router, and bytes that are not encoded at all in Node's parser, both with 400.)
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { refuseFields } from './invalid-input.ts'
import type { FieldError } from './problems.ts'

/** Only what the call takes: whoever shares a link may add some. Throws Problem `invalid-input`. */
export function refuseUnreadableQuery(request: FastifyRequest) {
  const [, ...query] = request.url.split('?')
  const errors = unreadableParameters(query.join('?'), namesOf(request.routeOptions.schema?.querystring))
  if (errors.length > 0) throw refuseFields('parameter', errors)
}

const namesOf = (schema: unknown): readonly string[] => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : [])

function unreadableParameters(query: string, names: readonly string[]): readonly FieldError[] {
  return query.split('&').flatMap(pair => {
    const [name = '', ...value] = pair.split('=')
    const text = value.join('=')
    const parameter = decoded(name)
    return parameter !== null && names.includes(parameter) && decoded(text) === null
      ? [{ parameter, expected: 'percent-encoded UTF-8', received: text.slice(0, 200) }]
      : []
  })
}

/** null: it is none, such as %FF, or half a character. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}
