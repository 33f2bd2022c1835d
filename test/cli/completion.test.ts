// Guarantee: a shell with our script completes verbs, options and the values that are known of them, without asking zaplog.
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { completionScript } from '../../src/cli/completion.ts'
import { program } from '../../src/cli/zaplog.ts'

const here = (shell: string) => spawnSync(shell, ['--version']).status === 0
const script = completionScript(program, 'bash')

/** What a bash offers behind these words, the last of which is being typed. */
function offered(...words: string[]): readonly string[] {
  const ask = `COMP_WORDS=(zaplog "$@"); COMP_CWORD=$#; _zaplog; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', `${script}\n${ask}`, 'bash', ...words], {
    encoding: 'utf8',
    env: {},
  })
  expect(stderr).toBe('')
  return stdout.split('\n').filter(word => word !== '')
}

test.runIf(here('bash'))('[H7] a real bash completes verbs, their options, and values', () => {
  expect(offered('inst')).toEqual(['instances'])
  expect(offered('instances', 'pu')).toEqual(['purge-status'])
  expect(offered('instances', 'create', '--n')).toEqual(['--name', '--no-qr'])
  expect(offered('messages', 're')).toEqual(['react'])
  expect(offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh']))
  expect(offered('schemas', 'message.rec')).toEqual(['message.received', 'message.receipt-updated'])
  expect(offered('webhooks', 'add', 'https://example.com', '--types', 'media.st')).toEqual(['media.stored'])
  expect(offered('send', '5511900000011', 'hi', '--kind', 'st')).toEqual(['sticker'])
  expect(offered('privacy', 'change', '--last-seen', 'con')).toEqual(['contacts', 'contact_blacklist'])
  expect(offered('replay', '--topic', 'media-s')).toEqual(['media-stored'])
  expect(offered('replay', '--type', 'media.st')).toEqual(['media.stored'])
  expect(offered('events', 'nothing')).toEqual([])
})

test.runIf(here('bash'))('[H7] a real bash, which takes words apart at =, completes a value that is joined to its option', () => {
  expect(offered('privacy', 'change', '--last-seen', '=', 'con')).toEqual(['contacts', 'contact_blacklist'])
  expect(offered('replay', '--topic', '=', 'media-s')).toEqual(['media-stored'])
  expect(offered('send', '5511900000011', 'hi', '--kind', '=')).toEqual(offered('send', '5511900000011', 'hi', '--kind', ''))
  expect(offered('replay', '--from', '=', 'i')).toEqual([])
})

test.runIf(here('bash'))('[H7] and where it does not take them apart, the whole word is offered', () => {
  expect(offered('replay', '--topic=media-s')).toEqual(['--topic=media-stored'])
})

/** zsh(1), zshparam, zshmodules: what it keeps under these names is lost to whoever takes one of them. */
const zshOwns =
  `aliases argv builtins cdpath commands dirstack fignore fpath functions history histchars jobstates mailpath manpath match
  mbegin mend module_path nameddirs options parameters path pipestatus prompt psvar signals status usergroups userdirs watch widgets words zsh_eval_context`.split(
    /\s+/,
  )

test('[H7] the script takes no name that zsh keeps for itself', () => {
  const locals = /^ {2}local (.*)$/m.exec(script)?.[1]?.match(/\b[a-z_]+(?=[= ]|$)/g) ?? []
  expect(locals).toEqual(['current', 'typed', 'offered', 'word', 'at', 'line', 'last', 'joined', 'given'])
  expect(locals.filter(name => zshOwns.includes(name))).toEqual([])
})

test('[H7] the script for zsh is the same behind what makes zsh understand it', () => {
  const zsh = completionScript(program, 'zsh')
  expect(zsh).toContain('bashcompinit')
  expect(zsh.endsWith(script.slice(script.indexOf('_zaplog_verbs()')))).toBe(true)
})
