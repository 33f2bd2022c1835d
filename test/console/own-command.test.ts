// Guarantee: a command of the page does what it says where it is pasted, whichever address the page was opened at.
import { expect, test } from 'vitest'
import { ownCommand } from '../../console/src/own-command.ts'

test.each([
  ['http://127.0.0.1:7070', './zaplog'],
  ['http://localhost:7070', './zaplog'],
  ['http://127.0.0.1:7999', 'ZAPLOG_URL=http://127.0.0.1:7999 ./zaplog'],
  ['https://zaplog.example', 'ZAPLOG_URL=https://zaplog.example ./zaplog'],
])('[J2] [H7] on a page at %s commands begin with %s', (origin, command) => expect(ownCommand(origin)).toBe(command))
