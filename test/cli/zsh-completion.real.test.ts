// Guarantee: a real zsh with our script completes verbs, options, values and ids, apart from their option and joined to it.
import { chmod, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { completionScript } from '../../src/cli/completion.ts'
import { program } from '../../src/cli/zaplog.ts'
import { alwaysJson, KEY } from '../ground/cli/refused.ts'
import { pressTab } from '../ground/cli/zsh.ts'
import { withCompiledCode } from '../ground/compiled-code.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'
import { runsHere } from '../ground/runs-here.ts'

const hasZsh = await runsHere('zsh')

const answers: RequestListener = (request, response) => {
  const { pathname } = new URL(request.url ?? '', 'http://zaplog')
  const rows: Readonly<Record<string, readonly object[]>> = {
    '/v1/instances': [{ id: 'shop' }, { id: 'bar' }],
    '/v1/instances/shop/groups': [{ instanceId: 'shop', groupId: '120363000000000001@g.us' }],
  }
  return alwaysJson(200, { data: rows[pathname] ?? [], nextCursor: null })(request, response)
}

/** What is typed, and what it becomes. */
const lines: readonly (readonly [typed: string, becomes: string])[] = [
  ['zaplog instances pu', 'zaplog instances purge-status '],
  ['zaplog instances create --na', 'zaplog instances create --name '],
  ['zaplog replay --topic media-s', 'zaplog replay --topic media-stored '],
  ['zaplog replay --topic=media-s', 'zaplog replay --topic=media-stored '],
  ['zaplog instances show sh', 'zaplog instances show shop '],
  ['zaplog send --instance sh', 'zaplog send --instance shop '],
  ['zaplog send --instance=sh', 'zaplog send --instance=shop '],
  ['zaplog groups show --instance=shop 1203', 'zaplog groups show --instance=shop 120363000000000001@g.us '],
  ['zaplog groups show --instance shop 120363000000000001@g', 'zaplog groups show --instance shop 120363000000000001@g.us '],
  ['zaplog instances show nobod', 'zaplog instances show nobod'],
]

test.runIf(hasZsh)(
  '[H7] a real zsh completes verbs, options, values and ids, apart from an option and joined to it',
  async () => {
    const directory = await openTempDir()
    const { url } = await openLoopbackServer(answers)
    const commandLine = fileURLToPath(new URL('../../src/cli/zaplog.ts', import.meta.url))
    await writeFile(join(directory, 'zaplog'), `#!/bin/sh\nexec '${process.execPath}' '${commandLine}' "$@"\n`)
    await chmod(join(directory, 'zaplog'), 0o755)
    const script = join(directory, 'completion')
    await writeFile(script, completionScript(program, 'zsh'))
    const env = { PATH: `${directory}:${process.env.PATH}`, ...withCompiledCode, ZAPLOG_URL: url, ADMIN_API_KEY: KEY }
    const typed = lines.map(([line]) => line)
    expect(await pressTab(script, typed, env)).toEqual(lines.map(([, becomes]) => becomes))
  },
)
