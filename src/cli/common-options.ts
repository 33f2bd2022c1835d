// Options that several verbs have, and what they say in their helps.
import { Option } from 'commander'
import { notByDefault } from '../events/not-by-default.ts'
import { idOf } from './id-lists.ts'
import { commaList } from './list-option.ts'

export const instancesOption = () =>
  idOf('instance', new Option('--instance <id...>', 'only these instances; a comma list, or several').argParser(commaList))
export const senderOption = () =>
  idOf('instance', new Option('--instance <id>', 'who sends it; left out, the only instance there is'))
export const typesHelp = `only these event types, a comma list or several; patterns such as message.* are allowed. Left out: all but ${notByDefault.join(', ')}`
export const patternsHelp = 'only these types, a comma list or several; patterns such as message.* are allowed'
export const snapshotsHelp = 'also what a phone tells of its whole state, as after it was linked, and not only changes'
