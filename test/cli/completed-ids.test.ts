// Guarantee: a shell with our script completes ids of what the running zaplog has, where an argument or an option is one; where zaplog does not
// answer there is nothing, and nothing is said.
import { execFile } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { wantedAt } from '../../src/cli/complete-ids.ts'
import { completionScript } from '../../src/cli/completion.ts'
import { program } from '../../src/cli/zaplog.ts'
import { alwaysJson, KEY } from '../ground/cli/refused.ts'
import { withCompiledCode } from '../ground/compiled-code.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const listAt = (line: string) => wantedAt(program, line)?.list.path ?? null

test('[H7] an argument says which list has its ids, and so does an option, whoever made the verb', () => {
  const instances = '/v1/instances'
  for (const line of [
    'zaplog instances show ',
    'zaplog instances pair sh',
    'zaplog events tail --instance a b ',
    'zaplog send --instance ',
  ])
    expect(listAt(line), line).toBe(instances)
  expect(listAt('zaplog webhooks test ')).toBe('/v1/endpoints')
  expect(listAt('zaplog replays status ')).toBe('/v1/replays')
  expect(listAt('zaplog replays pause rp')).toBe('/v1/replays')
  expect(listAt('zaplog rebuilds swap ')).toBe('/v1/rebuilds')
  expect(listAt('zaplog groups show ')).toBe('/v1/instances/{instance}/groups')
  expect(listAt('zaplog chats label 5511900000011 ')).toBe('/v1/instances/{instance}/labels')
  expect(listAt('zaplog contacts block ')).toBe('/v1/instances/{instance}/contacts')
  expect(listAt('zaplog messages text ')).toBe('/v1/instances/{instance}/chats')
  expect(listAt('zaplog messages react 5511900000011 ')).toBe('/v1/instances/{instance}/messages')
  expect(listAt('zaplog messages text 5511900000011 hi --reply-to ')).toBe('/v1/instances/{instance}/messages')
  expect(listAt('zaplog uploads show ')).toBe('/v1/instances/{instance}/uploads')
  expect(listAt('zaplog processing finish ')).toBe('/v1/instances/{instance}/processing')
  expect(listAt('zaplog media why ')).toBe('/v1/instances/{instance}/media')
  expect(wantedAt(program, 'zaplog messages text --instance shop ')).toMatchObject({ instance: 'shop', begun: '' })
})

test('[H7] an id that is joined to its option is one, too, and so is the account that is', () => {
  expect(listAt('zaplog send --instance=')).toBe('/v1/instances')
  expect(wantedAt(program, 'zaplog send --instance=sho')).toMatchObject({ begun: 'sho', instance: null })
  expect(wantedAt(program, 'zaplog messages text --instance=shop 55')).toMatchObject({ instance: 'shop', begun: '55' })
  expect(listAt('zaplog messages text 5511900000011 hi --reply-to=')).toBe('/v1/instances/{instance}/messages')
  expect(listAt('zaplog replay --from=')).toBeNull()
})

test('[H7] what is no id is asked of nobody', () => {
  for (const line of [
    'zaplog ',
    'zaplog instances ',
    'zaplog instances show a ',
    'zaplog instances show --',
    'zaplog replay --from ',
    'zaplog topics ',
  ])
    expect(listAt(line), line).toBeNull()
})

const answers: RequestListener = (request, response) => {
  const rows: Readonly<Record<string, readonly object[]>> = {
    '/v1/instances': [{ id: 'shop' }, { id: 'shore' }, { id: 'bar' }],
    '/v1/instances/shop/groups': [
      { instanceId: 'shop', groupId: '120363000000000001@g.us' },
      { instanceId: 'shop', groupId: '120363000000000002@g.us' },
      ...['$(touch here)', '`touch here`', 'a\ntouch here', '~root', '=ls', '-y'].map(groupId => ({
        instanceId: 'shop',
        groupId,
      })),
    ],
  }
  const { pathname } = new URL(request.url ?? '', 'http://zaplog')
  return alwaysJson(200, { data: rows[pathname] ?? [], nextCursor: null })(request, response)
}

/** What a real bash offers for a line of which the last word is being typed, with the zaplog of this repository beside it, which waits for an answer so long. */
async function openBash(url: string, withinMs = 60_000) {
  const directory = await openTempDir()
  const commandLine = fileURLToPath(new URL('../../src/cli/zaplog.ts', import.meta.url))
  await writeFile(
    join(directory, 'zaplog'),
    `#!/bin/sh\nexec '${process.execPath}' '${commandLine}' "$@" --within-ms ${withinMs}\n`,
  )
  await chmod(join(directory, 'zaplog'), 0o755)
  const script = join(directory, 'completion')
  await writeFile(script, completionScript(program, 'bash'))
  const ask = `source '${script}'
    COMP_LINE="$1"; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _zaplog; printf '%s\\n' "\${COMPREPLY[@]}"`
  return (line: string, words: readonly string[]) =>
    new Promise<readonly string[]>((resolve, reject) => {
      const env = { PATH: `${directory}:${process.env.PATH}`, ...withCompiledCode, ZAPLOG_URL: url, ADMIN_API_KEY: KEY }
      execFile('bash', ['--norc', '-c', ask, 'bash', line, ...words], { env, cwd: directory }, (error, stdout, stderr) =>
        error === null && stderr === ''
          ? resolve(stdout.split('\n').filter(word => !/^(--.*)?$/.test(word)))
          : reject(error ?? stderr),
      )
    })
}

test('[H7] a real bash completes them, also those that it takes apart at an @', async () => {
  const { url } = await openLoopbackServer(answers)
  const offered = await openBash(url)
  expect(await offered('zaplog instances show sh', ['zaplog', 'instances', 'show', 'sh'])).toEqual(['shop', 'shore'])
  const groups = ['zaplog', 'groups', 'show', '--instance', 'shop']
  expect(await offered('zaplog groups show --instance shop ', [...groups, ''])).toEqual([
    '120363000000000001@g.us',
    '120363000000000002@g.us',
  ])
  const first = await offered('zaplog groups show --instance shop 1203', [...groups, '1203'])
  expect(first).toEqual(['120363000000000001@g.us', '120363000000000002@g.us'])
  const behindAt = [...groups, '120363000000000001', '@', 'g']
  expect(await offered('zaplog groups show --instance shop 120363000000000001@g', behindAt)).toEqual(['g.us'])
  const joined = ['zaplog', 'send', '--instance', '=', 'sh']
  expect(await offered('zaplog send --instance=sh', joined)).toEqual(['shop', 'shore'])
  const apart = await offered('zaplog groups show --instance=shop 1203', [
    'zaplog',
    'groups',
    'show',
    '--instance',
    '=',
    'shop',
    '1203',
  ])
  expect(apart).toEqual(['120363000000000001@g.us', '120363000000000002@g.us'])
})

test('[H7] where nobody answers, or not in time, or several accounts could be meant, it offers nothing and says nothing', async () => {
  const { url } = await openLoopbackServer(answers)
  const gone = await openBash('http://127.0.0.1:9')
  expect(await gone('zaplog instances show ', ['zaplog', 'instances', 'show', ''])).toEqual([])
  const offered = await openBash(url)
  expect(await offered('zaplog groups show ', ['zaplog', 'groups', 'show', ''])).toEqual([])
  const silent = await openLoopbackServer(() => undefined)
  const waiting = await openBash(silent.url, 1)
  expect(await waiting('zaplog instances show ', ['zaplog', 'instances', 'show', ''])).toEqual([])
})
