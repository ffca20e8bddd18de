import ts from 'typescript';
import type { TextEdit } from './edit.js';

/** What is done to a source by a mutant: one change of one place. */
type MutantKind =
  | 'condition negated'
  | 'operator swapped'
  | 'return removed'
  | 'throw removed'
  | 'await removed'
  | 'border moved'
  | 'boolean flipped'
  | 'time is 0';

/** One change that a script makes to a source, with the place where it stands. Lines and columns count from 1. */
export interface Mutant {
  readonly kind: MutantKind;
  readonly line: number;
  readonly column: number;
  readonly edit: Required<TextEdit>;
}

/** Numbers from here on are milliseconds in these sources; smaller ones are counts. */
const leastTime = 500;

/** Says that the simulation came by (see `SeedWord.passed`). */
const mark = 'globalThis.adfpushMutantPassed = true';

const swapped = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
]);

const moved = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
]);

/** All mutants of a source, in the order of their places. */
export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node): void => {
    const change = changeOf(node, tree);
    if (change !== undefined) mutants.push(mutantAt(node, change));
    if (isCondition(node)) {
      const replacement = `(${mark}, !(${node.getText(tree)}))`;
      mutants.push(mutantAt(node, { kind: 'condition negated', replacement }));
    }
    ts.forEachChild(node, visit);
  };
  const mutantAt = (node: ts.Node, { kind, replacement }: Change): Mutant => {
    const at = node.getStart(tree);
    const { line, character } = tree.getLineAndCharacterOfPosition(at);
    const edit = { file, text: node.getText(tree), at, replacement };
    return { kind, line: line + 1, column: character + 1, edit };
  };
  visit(tree);
  return mutants;
}

/** `return left; in place of return;`: what a person reads of a mutant, in one line. */
export const describeMutant = ({ kind, edit: { text, replacement } }: Mutant): string => {
  const whole = (code: string): string => code.replaceAll(/\s+/g, ' ').trim();
  const shown = whole(text).length > 100 ? `${whole(text).slice(0, 99)}…` : whole(text);
  return kind === 'operator swapped' || kind === 'border moved'
    ? `${kind}: ${shown} -> ${whole(unmarked(replacement))}`
    : `${kind}: ${shown}`;
};

const unmarked = (code: string): string => code.replace(`(${mark}, `, '').replace(/\)$/, '');

interface Change {
  readonly kind: MutantKind;
  readonly replacement: string;
}

function changeOf(node: ts.Node, tree: ts.SourceFile): Change | undefined {
  if (ts.isBinaryExpression(node)) return changeOfOperator(node, tree);
  if (ts.isReturnStatement(node) && isEarly(node)) {
    return { kind: 'return removed', replacement: `{ ${mark}; }` };
  }
  if (ts.isThrowStatement(node)) return { kind: 'throw removed', replacement: `{ ${mark}; }` };
  if (isAwaitedCall(node)) return { kind: 'await removed', replacement: `{ ${mark}; }` };
  const isTrue = node.kind === ts.SyntaxKind.TrueKeyword;
  if ((isTrue || node.kind === ts.SyntaxKind.FalseKeyword) && !ts.isLiteralTypeNode(node.parent)) {
    return { kind: 'boolean flipped', replacement: `(${mark}, ${isTrue ? 'false' : 'true'})` };
  }
  if (ts.isNumericLiteral(node) && !ts.isLiteralTypeNode(node.parent) && isTime(node.getText(tree))) {
    return { kind: 'time is 0', replacement: `(${mark}, 0)` };
  }
  return undefined;
}

function changeOfOperator(
  { left, right, operatorToken: { kind } }: ts.BinaryExpression,
  tree: ts.SourceFile,
): Change | undefined {
  const as = (operator: string): string =>
    `(${mark}, (${left.getText(tree)}) ${operator} (${right.getText(tree)}))`;
  const other = swapped.get(kind);
  if (other !== undefined) return { kind: 'operator swapped', replacement: as(other) };
  const border = moved.get(kind);
  return border === undefined ? undefined : { kind: 'border moved', replacement: as(border) };
}

/** What an `if`, a loop or a conditional expression asks. A literal is flipped already. */
function isCondition(node: ts.Node): boolean {
  const { parent } = node as { readonly parent?: ts.Node };
  if (parent === undefined || node.kind === ts.SyntaxKind.TrueKeyword) return false;
  if (ts.isIfStatement(parent) || ts.isWhileStatement(parent) || ts.isDoStatement(parent)) {
    return parent.expression === node;
  }
  return (ts.isConditionalExpression(parent) || ts.isForStatement(parent)) && parent.condition === node;
}

/** One that ends its function before the last statement does. */
function isEarly(node: ts.ReturnStatement): boolean {
  for (let at: ts.Node = node; ; at = at.parent) {
    if (ts.isFunctionLike(at.parent)) return false;
    if (ts.isIfStatement(at.parent) || ts.isCaseOrDefaultClause(at.parent)) return true;
    if (ts.isBlock(at.parent) && at.parent.statements.at(-1) !== at) return true;
    if (ts.isIterationStatement(at.parent, false)) return true;
  }
}

/** `await act();`: nothing is done with what comes of it. */
const isAwaitedCall = (node: ts.Node): boolean =>
  ts.isExpressionStatement(node) &&
  ts.isAwaitExpression(node.expression) &&
  ts.isCallExpression(node.expression.expression);

/** `15_000`; a mask of bits is none. */
const isTime = (text: string): boolean =>
  /^[\d_.]+$/.test(text) && Number(text.replaceAll('_', '')) >= leastTime;
