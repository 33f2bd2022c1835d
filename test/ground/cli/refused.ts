// A verb that does not get what it asked for, and stand-ins for zaplog that give it a reason.
import type { RequestListener } from 'node:http'
import { expect } from 'vitest'
import { runVerb } from './run-verb.ts'

export const KEY = 'hunter2-hunter2-hunter2'

/** What it ends with and says; asserts that it says neither a key nor a stack, and prints no result. */
export async function refused(args: readonly string[], env: Readonly<Record<string, string>>) {
  const { code, out, err } = await runVerb(args, { ADMIN_API_KEY: KEY, ...env })
  expect(out).toBe('')
  expect(err).not.toContain(KEY)
  expect(err).not.toMatch(/^ {4}at /m)
  return { code, said: err.trimEnd() }
}

export const alwaysJson =
  (status: number, body: unknown): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

/** As zaplog refuses. */
export const alwaysProblem = (status: number, slug: string, rest: object = {}): RequestListener =>
  alwaysJson(status, {
    type: `urn:zaplog:problem:${slug}`,
    title: 'A title',
    status,
    detail: 'what stands against it',
    ...rest,
  })
