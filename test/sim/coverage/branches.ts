import ts from 'typescript';

/**
 * One way that the code can take, in words that stay the same when lines or files move: the function that it is in, and its own text, as in
 * `restoreHost: if (a): then`, `restoreHost: a ?? b: right`, `function restoreHost`. Each is unique in its file.
 */
export interface Branch {
  readonly name: string;
  readonly line: number;
  /** The branches around it: where they are not reached, it cannot be. */
  readonly within: number | undefined;
}

export interface Instrumented {
  readonly branches: readonly Branch[];
  /** The source, which says of each branch by its number when it is taken. */
  readonly source: string;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
  /** What closes at a place comes before what opens there. */
  readonly closes: boolean;
}

/** Longer code is cut in a name. */
const longestName = 90;

/** Finds every branch of a source, and has the source call `mark(<number>)` where each begins; numbers count from `first`. */
export function instrument(file: string, source: string, first: number, mark: string): Instrumented {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const branches: Branch[] = [];
  const insertions: Insertion[] = [];
  const used = new Map<string, number>();

  const open = (what: string, node: ts.Node, within: number | undefined, owner = ownerOf(node)): number => {
    const name = owner === '' ? what : `${owner}: ${what}`;
    const times = (used.get(name) ?? 0) + 1;
    used.set(name, times);
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    branches.push({ name: times === 1 ? name : `${name} (${times})`, line: line + 1, within });
    return branches.length - 1;
  };
  const call = (branch: number): string => `${mark}(${first + branch})`;
  const textOf = (node: ts.Node): string => {
    const text = node.getText(tree).replaceAll(/\s+/g, ' ');
    return text.length > longestName ? `${text.slice(0, longestName - 1)}…` : text;
  };
  const before = (at: number, text: string): void => {
    insertions.push({ at, text, closes: false });
  };
  const after = (at: number, text: string): void => {
    insertions.push({ at, text, closes: true });
  };

  /** `(mark(1), expression)`. */
  function expression(node: ts.Expression, what: string, within: number | undefined, owner?: string): void {
    const branch = open(what, node, within, owner);
    before(node.getStart(tree), `(${call(branch)}, `);
    visit(node, branch);
    after(node.getEnd(), ')');
  }

  /** `{ mark(1); statement }`. */
  function statement(node: ts.Statement, what: string, within: number | undefined): void {
    const branch = open(what, node, within);
    before(node.getStart(tree), `{ ${call(branch)}; `);
    visit(node, branch);
    after(node.getEnd(), ' }');
  }

  /** `{ mark(1); … }` for a block that is one already. */
  function block(node: ts.Block, what: string, within: number | undefined, owner?: string): void {
    const branch = open(what, node, within, owner);
    before(node.getStart(tree) + 1, ` ${call(branch)};`);
    ts.forEachChild(node, (child) => visit(child, branch));
  }

  function visit(node: ts.Node, within: number | undefined): void {
    if (ts.isIfStatement(node)) visitIf(node, within);
    else if (ts.isConditionalExpression(node)) visitConditional(node, within);
    else if (ts.isBinaryExpression(node) && isShortCut(node.operatorToken.kind)) {
      visit(node.left, within);
      expression(node.right, `${textOf(node)}: right`, within);
    } else if (ts.isCaseOrDefaultClause(node)) visitClause(node, within);
    else if (ts.isCatchClause(node)) block(node.block, 'catch', within);
    else if (ts.isIterationStatement(node, false)) visitLoop(node, within);
    else if (isFunctionWithBody(node)) visitFunction(node, within);
    else ts.forEachChild(node, (child) => visit(child, within));
  }

  function visitConditional(node: ts.ConditionalExpression, within: number | undefined): void {
    const name = `${textOf(node.condition)} ?`;
    visit(node.condition, within);
    expression(node.whenTrue, `${name}: then`, within);
    expression(node.whenFalse, `${name}: else`, within);
  }

  function visitIf(node: ts.IfStatement, within: number | undefined): void {
    const name = `if (${textOf(node.expression)})`;
    visit(node.expression, within);
    statement(node.thenStatement, `${name}: then`, within);
    if (node.elseStatement !== undefined) statement(node.elseStatement, `${name}: else`, within);
    else {
      const branch = open(`${name}: else`, node, within);
      after(node.getEnd(), ` else { ${call(branch)}; }`);
    }
  }

  function visitClause(node: ts.CaseOrDefaultClause, within: number | undefined): void {
    const name = ts.isCaseClause(node) ? `case ${textOf(node.expression)}` : 'default';
    // A clause without statements falls through: the next one is the branch.
    const [body] = node.statements;
    if (body === undefined) return;
    const branch = open(name, node, within);
    before(body.getStart(tree), `${call(branch)}; `);
    for (const one of node.statements) visit(one, branch);
  }

  function visitLoop(node: ts.IterationStatement, within: number | undefined): void {
    ts.forEachChild(node, (child) => {
      if (child === node.statement) statement(node.statement, 'loop', within);
      else visit(child, within);
    });
  }

  function visitFunction(node: FunctionWithBody, within: number | undefined): void {
    ts.forEachChild(node, (child) => {
      if (child !== node.body) visit(child, within);
    });
    const own = nameOf(node);
    const what = own === undefined ? 'callback' : `function ${own}`;
    if (ts.isBlock(node.body)) block(node.body, what, within, ownerOf(node));
    else expression(node.body, what, within, ownerOf(node));
  }

  /** The named function around it; the empty string at the top of the file. */
  function ownerOf(node: ts.Node): string {
    for (let at = node.parent; !ts.isSourceFile(at); at = at.parent) {
      const name = isFunctionWithBody(at) ? nameOf(at) : undefined;
      if (name !== undefined) return name;
    }
    return '';
  }

  function nameOf(node: FunctionWithBody): string | undefined {
    const { name } = node as { readonly name?: ts.Node };
    if (ts.isConstructorDeclaration(node)) return 'constructor';
    if (name !== undefined) return name.getText(tree);
    const { parent } = node;
    const isNamed = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent);
    return isNamed ? parent.name.getText(tree) : undefined;
  }

  visit(tree, undefined);
  return { branches, source: inserted(source, insertions) };
}

/** Those that were not reached, of each only the outermost. */
export const unreached = (
  branches: readonly Branch[],
  wasReached: (branch: number) => boolean,
): readonly Branch[] =>
  branches.filter(
    ({ within }, branch) => !wasReached(branch) && (within === undefined || wasReached(within)),
  );

function inserted(source: string, insertions: readonly Insertion[]): string {
  // Outer ones open first and close last: they come in this order.
  const sorted = insertions.toSorted((a, b) => a.at - b.at || Number(b.closes) - Number(a.closes));
  let text = '';
  let done = 0;
  for (const one of sorted) {
    text += source.slice(done, one.at) + one.text;
    done = one.at;
  }
  return text + source.slice(done);
}

type FunctionWithBody = ts.FunctionLikeDeclaration & { readonly body: ts.ConciseBody };

const isFunctionWithBody = (node: ts.Node): node is FunctionWithBody =>
  ts.isFunctionLike(node) && (node as { readonly body?: ts.Node }).body !== undefined;

const isShortCut = (kind: ts.SyntaxKind): boolean =>
  kind === ts.SyntaxKind.AmpersandAmpersandToken ||
  kind === ts.SyntaxKind.BarBarToken ||
  kind === ts.SyntaxKind.QuestionQuestionToken;
