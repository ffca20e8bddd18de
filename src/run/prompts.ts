import { isStopping, type StopSignal } from '../engine/index.js';
import type { AdfError } from '../errors/adf-error.js';
import { throwAll } from '../errors/diagnostics.js';
import { interrupted } from '../errors/engine.js';
import { promptUnanswered } from '../errors/playbook.js';
import type { Layer } from '../expression/scope.js';
import { mayBeTemplate } from '../expression/templates.js';
import { Secret } from '../model/secret.js';
import type { Play, Playbook, VarsPrompt } from '../playbook/playbook.js';
import type { PersonPrompt, SecretKeeper } from '../ports/secret-keeper.js';

/** Where answers come from. */
export interface Answers {
  /** `--extra-vars` answer beforehand. */
  readonly extraVars: readonly Layer[];
  /** The person at the terminal; absent where none is to be asked. */
  readonly person?: PersonPrompt | undefined;
  /** Knows each private answer before it is used. */
  readonly keeper: SecretKeeper;
  readonly stop: StopSignal;
}

/**
 * Answers what the plays of a playbook ask for in `vars_prompt`: by `--extra-vars`, else by the person at the terminal, else by its default. Two
 * plays that ask the same are answered at once. Throws `playbook.no_answer` for each prompt that nothing answers, before a person is asked
 * for any other, and `run.interrupted`.
 */
export async function answerPrompts(playbook: Playbook, answers: Answers): Promise<Playbook> {
  const prompts = playbook.plays.flatMap((play) => play.prompts ?? []);
  if (prompts.length === 0) return playbook;
  keepGiven(prompts, answers);
  const open = prompts.filter(({ name }) => !isGiven(name, answers));
  if (answers.person === undefined)
    throwAll(open.filter((prompt) => prompt.default === undefined).map(unanswered));
  const given = new Map<string, string | Secret>();
  for (const prompt of open) {
    const key = keyOf(prompt);
    if (!given.has(key)) given.set(key, await answerOf(prompt, answers));
  }
  return { ...playbook, plays: playbook.plays.map((play) => withAnswers(play, given)) };
}

const isGiven = (name: string, { extraVars }: Pick<Answers, 'extraVars'>): boolean =>
  extraVars.some(({ values }) => Object.hasOwn(values, name));

/** A private value is a secret, from the terminal and from a flag. What a template makes of secrets is known to be one anyway. */
function keepGiven(prompts: readonly VarsPrompt[], { extraVars, keeper }: Answers): void {
  for (const { name, isPrivate } of prompts) {
    for (const { values } of isPrivate ? extraVars : []) {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      const isText = typeof value === 'number' || (typeof value === 'string' && !mayBeTemplate(value));
      if (isText) keeper.add(new Secret(String(value)), name);
    }
  }
}

const unanswered = ({ name, isPrivate, place }: VarsPrompt): AdfError =>
  promptUnanswered(name, isPrivate, place);

async function answerOf(prompt: VarsPrompt, answers: Answers): Promise<string | Secret> {
  const { name, isPrivate } = prompt;
  const typed = answers.person === undefined ? '' : await ask(prompt, answers.person, answers);
  const text = typed === '' ? (prompt.default ?? '') : typed;
  if (!isPrivate) return text;
  const secret = new Secret(text);
  answers.keeper.add(secret, name);
  return secret;
}

/** Asks until both answers agree, where the prompt wants two. */
async function ask(prompt: VarsPrompt, person: PersonPrompt, answers: Answers): Promise<string> {
  const { question, isPrivate, confirm } = prompt;
  const once = async (text: string): Promise<string> => {
    const answer = isPrivate ? (await person.ask(text))?.reveal() : await person.askOpenly(text);
    if (answer !== undefined) return answer;
    const { stop } = answers;
    throw isStopping(answers) ? interrupted(stop.name() ?? 'a signal') : unanswered(prompt);
  };
  const asked = `${question}${prompt.default === undefined || isPrivate ? '' : ` [${prompt.default}]`}`;
  for (let before = ''; ; before = 'The answers differ. ') {
    const answer = await once(`${before}${asked}`);
    if (!confirm || answer === (await once(`Once more: ${question}`))) return answer;
  }
}

const keyOf = ({ place: _, ...asked }: VarsPrompt): string => JSON.stringify(asked);

function withAnswers(play: Play, given: ReadonlyMap<string, string | Secret>): Play {
  const prompts = play.prompts ?? [];
  if (prompts.length === 0) return play;
  const values = Object.fromEntries(
    prompts.flatMap((prompt): [string, unknown][] => {
      const answer = given.get(keyOf(prompt));
      return answer === undefined ? [] : [[prompt.name, answer]];
    }),
  );
  return { ...play, answers: { name: 'vars_prompt', values, literal: true } };
}
