// Whatever our texts send somebody to is there: documents in the repository, verbs of the command line, calls of the API.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { contractCalls } from '../ground/api/contract-calls.ts'
import { runVerb } from '../ground/cli/run-verb.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folders = ['src', 'schemas', 'scripts', 'simulator', 'infra', 'bench', 'examples', 'bin', 'test', 'docs']
const own = fileURLToPath(import.meta.url)
/** Frozen as it was published. */
const released = join(root, 'schemas', 'released')
const isText = (file: string) => /\.(ts|mts|mjs|cjs|avsc|sql|md|yml|sh|py|java|toml)$|Dockerfile$|\.env\.example$/.test(file)

const texts = [
  ...readdirSync(root).map(file => join(root, file)),
  ...folders.flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(file => join(root, folder, file)),
  ),
]
  .filter(file => isText(file) && file !== own && !file.includes('node_modules') && !file.startsWith(released))
  .map(file => ({ file, text: readFileSync(file, 'utf8') }))

test('[L] every document that a text names is in the repository', () => {
  const missing = texts.flatMap(({ file, text }) =>
    [...text.matchAll(/(?<![\w./*-])[\w./-]*\b[\w-]+\.md\b/g)]
      .map(([name]) => name)
      .filter(name => !existsSync(join(root, name)) && !existsSync(join(dirname(file), name)))
      .map(name => `${file.slice(root.length)}: ${name}`),
  )
  expect(missing).toEqual([])
})

test('[B5] no text, and no published schema, sends anybody to what only its authors had', () => {
  const found = texts.flatMap(({ file, text }) =>
    [...text.matchAll(/\b(SPEC|DESIGN|CONTRACT|PORTS|STYLE)\b( [A-Z0-9]|\.md|-level|, )|§/g)].map(
      ([name]) => `${file.slice(root.length)}: ${name}`,
    ),
  )
  expect(found).toEqual([])
  expect(texts.filter(({ file }) => file.endsWith('.avsc')).length).toBeGreaterThan(20)
})

/** `npm run zaplog -- verb sub`, or `zaplog verb sub` in backticks (in code escaped ones); the second word is one where the first is a group. */
const mentioned = texts
  .filter(({ file }) => !file.includes('/test/') && !file.includes('/docs/'))
  .flatMap(({ file, text }) => {
    const quoted = file.endsWith('.md') ? '`' : '\\\\`'
    return [
      ...text.matchAll(new RegExp(`(?:npm run zaplog -- |\\./zaplog |${quoted}zaplog )([a-z][a-z-]*)(?: ([a-z][a-z-]*))?`, 'g')),
    ]
  })
  .map(([, verb = '', sub = '']) => (['dev', 'instances', 'webhooks'].includes(verb) ? `${verb} ${sub}`.trim() : verb))
const verbs = [...new Set(mentioned)].sort()

test('[H7] every verb that a text or an error names is one', async () => {
  expect(verbs).toEqual(expect.arrayContaining(['start', 'instances create', 'webhooks enable', 'dev services']))
  const answers = await Promise.all(verbs.map(async verb => [verb, await runVerb([...verb.split(' '), '--help'], {})] as const))
  for (const [verb, { code, out }] of answers)
    expect([verb, code, out]).toEqual([verb, 0, expect.stringContaining(`Usage: zaplog ${verb} `)])
})

const unnamed = (path: string): string => path.replaceAll(/\{\w+\}/g, '{}')
const calls = contractCalls.map(unnamed)
/** `POST /v1/…`, or `POST …/read`, which is below the instance or what has an id of its own. */
const isCall = (method: string, path: string): boolean =>
  calls.some(call =>
    path.startsWith('…')
      ? call.startsWith(`${method} `) && call.endsWith(unnamed(path.slice(1)))
      : call === unnamed(`${method} ${path}`),
  )

test('[B5] every call that a document names is one', () => {
  const documents = texts.filter(({ file }) => /\/(README|ARCHITECTURE|docs\/\w[\w-]*)\.md$/.test(file))
  expect(documents.length).toBeGreaterThan(5)
  const named = documents.flatMap(({ file, text }) =>
    [...text.matchAll(/\b(GET|POST|PUT|PATCH|DELETE) ((?:\/v1\/|…\/)[\w{}/-]+)/g)].map(([, method = '', path = '']) => ({
      file,
      method,
      path,
    })),
  )
  const missing = named.filter(({ method, path }) => !isCall(method, path))
  expect(missing.map(({ file, method, path }) => `${file.slice(root.length)}: ${method} ${path}`)).toEqual([])
  const comingFrom = named.filter(({ file }) => file.endsWith('/docs/coming-from.md'))
  expect(comingFrom.length).toBeGreaterThan(100)
})
