// Guarantee: a file of settings is taken whole or refused with the line that is odd, never its values; what is set already wins.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { EnvFileRefused, readEnvFile, unreadNames } from '../../src/cli/env-file.ts'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { declaredVariables } from '../../src/runtime/config.ts'
import { alwaysJson, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'
import { makeDataDir } from '../ground/scenarios/zaplog-process.ts'

function fileWith(content: string | Buffer): string {
  const place = makeDataDir()
  onTestFinished(place.remove)
  const file = join(place.path, 'some.env')
  writeFileSync(file, content)
  return file
}

test('[H8] comments, quotes, exports, several lines and Windows’ ends of lines are understood', () => {
  const pem = '-----BEGIN-----\nabc=\n-----END-----'
  const text = `# a comment\n\nPORT=7171 # ours\nexport HOST = '0.0.0.0'\nTOPIC_PREFIX="wa."\nDATABASE_SSL_CA="${pem}"\nEMPTY=\nADMIN_API_KEY='a#b'\nLOG_LEVEL=info #b\n  # end`
  const expected = {
    PORT: '7171',
    HOST: '0.0.0.0',
    TOPIC_PREFIX: 'wa.',
    DATABASE_SSL_CA: pem,
    EMPTY: '',
    ADMIN_API_KEY: 'a#b',
    LOG_LEVEL: 'info',
  }
  expect(readEnvFile(fileWith(text), {})).toMatchObject(expected)
  expect(readEnvFile(fileWith('PORT=7171\r\n# x\r\nHOST=::1\r\n'), {})).toEqual({ PORT: '7171', HOST: '::1' })
  expect(readEnvFile(fileWith(''), {})).toEqual({})
})

test('[H8] the file that is generated for people is one', () => {
  const all = declaredVariables().map(({ name }) => name)
  const uncommented = all.map(name => `${name}=`).join('\n')
  expect(Object.keys(readEnvFile(fileWith(uncommented), {}))).toEqual(all.toSorted())
})

test('[H8] what is set wins, by value or by file; empty counts as unset', () => {
  const file = fileWith('PORT=7171\nHOST=::1\nADMIN_API_KEY=of-the-file\nENCRYPTION_KEY_FILE=/of/the/file\n')
  const env = { PORT: '7000', HOST: '', ADMIN_API_KEY_FILE: '/run/key', ENCRYPTION_KEY: 'set' }
  expect(readEnvFile(file, env)).toEqual({ HOST: '::1' })
})

test.each([
  ['PORT=7171\nnot a setting\n', 2],
  ['PORT=7171\n\nKEY="hunter2\nHOST=::1\n', 3],
  ['=hunter2', 1],
  ['1PORT=hunter2', 1],
  ['S3_REGION="hunter2\nWEBHOOK_ALLOW_LOOPBACK=true\nLOG_LEVEL="info"\n', 1],
  ['S3_REGION="hunter2\nPORT=1\nLOG_LEVEL="\n', 1],
  ['ADMIN_API_KEY="hunter2"tail\n', 1],
  ['PORT=1\nADMIN_API_KEY=hunter#2', 2],
  ['PORT=1\nADMIN_API_KEY=hunter\u00002', 2],
  ['PORT=7070\rADMIN_API_KEY=hunter2', 1],
])('[H8] [I2] %j is refused with its line, and no value is repeated', (content, line) => {
  const file = fileWith(content)
  expect(() => readEnvFile(file, {})).toThrow(
    new EnvFileRefused(`--env-file: expected NAME=value, a comment or nothing in line ${line} of ${file}, got something else`),
  )
  expect(unreadNames(file, {})).toEqual([])
})

test('[H8] a directory and bytes that are no text are said', () => {
  const place = makeDataDir()
  onTestFinished(place.remove)
  mkdirSync(join(place.path, '.env'))
  expect(() => readEnvFile(join(place.path, '.env'), {})).toThrow('(EISDIR)')
  expect(() => readEnvFile(fileWith(Buffer.from([0x50, 0x3d, 0xff, 0xfe])), {})).toThrow('got one that is no UTF-8')
})

test('[H8] what is no file, and what is far too long, is refused at once', () => {
  expect(() => readEnvFile('/dev/zero', {})).toThrow('(no file)')
  expect(() => readEnvFile(fileWith('A=b\n'.repeat(100_000)), {})).toThrow('(more than 262144 bytes)')
})

test('[H8] a file beside us that nobody read is told of, unless a shell has read it', () => {
  const file = fileWith('PORT=7171\nHOST=::1\n')
  expect(unreadNames(file, {})).toEqual(['HOST', 'PORT'])
  expect(unreadNames(file, { PORT: '7171', HOST: '::1' })).toEqual([])
  expect(unreadNames('/nowhere/.env', {})).toEqual([])
})

test('[H8] verbs that call zaplog take its address and key from the file, too; a file that is odd ends them with 78', async () => {
  const { url } = await openLoopbackServer(alwaysJson(200, { data: [], nextCursor: null }))
  // Behind --, where Node looks for no file of its own.
  const { code, out } = await runVerb(
    ['ls', '--json', `--env-file=${fileWith(`ZAPLOG_URL=${url}\nADMIN_API_KEY=${KEY}\n`)}`],
    {},
    'as npm does',
  )
  expect({ code, out }).toEqual({ code: 0, out: '[]\n' })
  const odd = await runVerb(['start', '--json', `--env-file=${fileWith('odd\n')}`], {}, 'as npm does')
  expect({ code: odd.code, out: odd.out }).toEqual({ code: exitCodes.configuration, out: '' })
  expect(JSON.parse(odd.err)).toMatchObject({ type: 'urn:zaplog:problem:misconfigured' })
})
