// What options that several verbs have say in their helps.
import { notByDefault } from '../events/not-by-default.ts'

export const instancesHelp = 'only these instances; a comma list, or several'
export const typesHelp = `only these event types, a comma list or several; patterns such as message.* are allowed. Left out: all but ${notByDefault.join(', ')}`
export const patternsHelp = 'only these types, a comma list or several; patterns such as message.* are allowed'
export const snapshotsHelp = 'also what a phone tells of its whole state, as after it was linked, and not only changes'
