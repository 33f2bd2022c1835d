// The document itself is in the language that is spoken in it.
import { effect } from '@preact/signals'
import { language } from './language.ts'

export const follow = () =>
  effect(() => {
    document.documentElement.lang = language.value === 'pt' ? 'pt-BR' : language.value
  })
