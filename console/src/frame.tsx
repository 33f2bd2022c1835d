// What every page has around it: name and version, links, language, and what is to be said of the server.
import type { ComponentChildren } from 'preact'
import { dropKey, key } from './key.ts'
import { KeyedFile } from './keyed-file.tsx'
import { chooseLanguage, language, say } from './language.ts'
import { isOldPage, reach, version } from './reach.ts'
import { languages } from './words.ts'

export function Frame({ at, children }: { at: 'home' | 'reference'; children: ComponentChildren }) {
  return (
    <>
      <a class="skip" href="#content">
        {say('skip')}
      </a>
      <header>
        <h1>
          <a href="/">zaplog</a> <span class="quiet">{version.value}</span>
        </h1>
        <nav>
          {at === 'reference' && <a href="/">{say('home')}</a>}
          {at === 'home' && <a href="/docs">{say('reference')}</a>}
          <KeyedFile path="/openapi.json" name={say('description')} />
          <KeyedFile path="/metrics" name={say('metrics')} />
          <a href="/health/ready">{say('health')}</a>
        </nav>
        <div class="line">
          <LanguageChoice />
          {key.value !== null && (
            <button type="button" onClick={() => dropKey({ expired: false })}>
              {say('keyForget')}
            </button>
          )}
        </div>
      </header>
      <Notices />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  )
}

function LanguageChoice() {
  return (
    <label class="line">
      <span class="unseen">{say('language')}</span>
      <select
        value={language.value}
        onChange={event => {
          const chosen = languages.find(({ code }) => code === event.currentTarget.value)
          if (chosen !== undefined) chooseLanguage(chosen.code)
        }}
      >
        {languages.map(({ code, name }) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

function Notices() {
  const { isAway, unwell } = reach.value
  return (
    <div class="notices" aria-live="polite">
      {isAway && <p class="notice">{say('away')}</p>}
      {!isAway && unwell[0] !== undefined && <p class="notice">{say('unwell', { detail: unwell[0].detail })}</p>}
      {isOldPage.value && (
        <p class="notice">
          {say('newBuild', { version: version.value })}{' '}
          <button type="button" onClick={() => location.reload()}>
            {say('reload')}
          </button>
        </p>
      )}
    </div>
  )
}
