import type { proto } from '@whiskeysockets/baileys'
import { expect, it } from 'vitest'
import { edit, reaction, revoke, text } from './accounts/content.ts'
import { poll } from './accounts/seal-content.ts'
import { shownLine } from './shown-line.ts'

const ana = { pn: '5511900000011', pnJid: '5511900000011@s.whatsapp.net', lidJid: '25511900000011@lid', name: 'Ana' }
const target = { messageId: '3EB0AA', author: ana }
const edited = edit(ana, 'às nove', target)

it.each<[string, proto.IMessage, string]>([
  ['a text', text('às oito'), '→ Ana: às oito'],
  ['a reply', { extendedTextMessage: { text: 'sim' } }, '→ Ana: sim'],
  ['a picture', { imageMessage: { caption: 'Bolo' } }, '→ Ana: [image] Bolo'],
  ['a file', { documentMessage: { fileName: 'menu.pdf' } }, '→ Ana: [document] menu.pdf'],
  ['a poll', poll('Almoço?', ['sim', 'não']), '→ Ana: [pollCreation]'],
  ['what is wrapped', { viewOnceMessageV2: { message: { imageMessage: {} } } }, '→ Ana: [image]'],
  ['a reaction', reaction(ana, '👍', target), '→ Ana: reacts 👍'],
  ['no reaction any more', reaction(ana, '', target), '→ Ana: takes a reaction away'],
  ['an edit', edited, '→ Ana: edits: às nove'],
  ['a revoke', revoke(ana, target), '→ Ana: deletes a message'],
  ['what steers a terminal', text('a\u001b[2J\nb'), '→ Ana: a\\u001b[2J\\u000ab'],
])('[K1] what an account wrote is one line: %s', (_what, content, line) => {
  expect(shownLine({ chatName: 'Ana', content, change: content.protocolMessage ?? null })).toBe(line)
})
