// NAME_FILE: a secret that a file holds counts as one that is given by value, and what is wrong is said of NAME_FILE and of its path.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { declaredVariables, parseConfig } from '../../src/runtime/config.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'

const problemsOf = (env: Record<string, string>) => {
  const parsed = parseConfig(env)
  return parsed.ok ? [] : parsed.problems.map(problem => `${problem.name}: ${problem.message}`)
}
async function fileWith(content: string | Uint8Array): Promise<string> {
  const file = join(await openTempDir(), 'secret')
  writeFileSync(file, content)
  return file
}
const secrets = declaredVariables()
  .filter(({ secret }) => secret)
  .map(({ name }) => name)

const kafka = { KAFKA_BROKERS: 'a:1', SCHEMA_REGISTRY_URL: 'http://b' }
const oauth = {
  ...kafka,
  KAFKA_SASL_MECHANISM: 'oauthbearer',
  KAFKA_OAUTH_TOKEN_URL: 'https://sso/token',
  KAFKA_OAUTH_CLIENT_ID: 'a',
}

test.each(secrets.flatMap(name => ['', '\n', ' \n'].map(content => [name, content] as const)))(
  '[I2] [H8] an empty file is no value of %s: %j',
  async (name, content) => {
    const file = await fileWith(content)
    expect(problemsOf({ [`${name}_FILE`]: file })).toContain(
      `${name}_FILE: expected a file with a value in it, got an empty one (${file})`,
    )
  },
)

test('[G1] [I2] an empty file of a client’s secret is the one thing that is wrong, and a full one is taken', async () => {
  const file = await fileWith('\n')
  expect(problemsOf({ ...oauth, KAFKA_OAUTH_CLIENT_SECRET_FILE: file })).toEqual([
    `KAFKA_OAUTH_CLIENT_SECRET_FILE: expected a file with a value in it, got an empty one (${file})`,
  ])
  expect(parseConfig({ ...oauth, KAFKA_OAUTH_CLIENT_SECRET_FILE: await fileWith('hunter2\n') })).toMatchObject({
    ok: true,
    config: { kafka: { oauth: { clientSecret: 'hunter2' } } },
  })
})

test.each(['KAFKA_OAUTH_CLIENT_ID', 'KAFKA_OAUTH_CLIENT_SECRET'])('[G1] [H8] blanks are no %s', name => {
  const problems = problemsOf({ ...oauth, KAFKA_OAUTH_CLIENT_SECRET: 'b', [name]: ' ' })
  expect(problems).toEqual([`${name}: expected a value, or none, got blanks alone`])
})

test.each(['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY', 'S3_BUCKET', 'HOST'])(
  '[H8] blanks are no %s',
  name => {
    expect(problemsOf({ [name]: ' \t' })).toContain(`${name}: expected a value, or none, got blanks alone`)
  },
)

test.each(secrets)('[I2] [H8] %s is given by value or by file, not by both', async name => {
  const problems = problemsOf({ [name]: 'hunter2', [`${name}_FILE`]: await fileWith('hunter3') })
  expect(problems).toContain(`${name}: expected ${name} or ${name}_FILE, got both`)
  expect(problems.join()).not.toContain('hunter')
})

test('[I2] [H8] a wrong value of a file is said of NAME_FILE and of its path', async () => {
  const file = await fileWith('hunter2')
  expect(problemsOf({ ENCRYPTION_KEY_FILE: file })).toEqual([
    `ENCRYPTION_KEY_FILE: expected 32 bytes in base64, got something else (${file})`,
  ])
  expect(problemsOf({ KAFKA_SASL_PASSWORD_FILE: file, ...kafka })).toEqual([
    'KAFKA_SASL_MECHANISM: expected plain, scram-sha-256 or scram-sha-512 when KAFKA_SASL_PASSWORD_FILE is set',
  ])
})

test('[I2] [H8] bytes are said to be none of text, and DER to be DER', async () => {
  const bytes = await fileWith(Buffer.alloc(32, 0xff))
  expect(problemsOf({ ENCRYPTION_KEY_FILE: bytes })).toEqual([`ENCRYPTION_KEY_FILE: expected text, got other bytes (${bytes})`])
  const der = await fileWith(Buffer.from('308201f3308201', 'hex'))
  expect(problemsOf({ ...kafka, KAFKA_SSL: 'true', KAFKA_SSL_CA_FILE: der })).toEqual([
    `KAFKA_SSL_CA_FILE: expected text, got DER (${der})`,
  ])
})
