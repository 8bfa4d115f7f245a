/**
 * Where the packages that this one needs may lie. Node.js looks in `node_modules` of every folder above, `/tmp` and `/home`
 * among them, where anybody may have put one: nothing of that is to be loaded. Loads no other file but the one on errors.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { about, RawshakeError, type Text } from '../../error.js';

/** This package, wherever in it the program was compiled to: where the nearest package.json is. Real, as Node.js has the files that it runs. */
const ROOT = realpathSync(nearestPackage(dirname(fileURLToPath(import.meta.url))));

function nearestPackage(folder: string): string {
  return existsSync(`${folder}/package.json`) || folder === '/' ? folder : nearestPackage(dirname(folder));
}

/**
 * Where a package that lies in `root`, a real path, may have what it needs: its own `node_modules`, and those that it is in
 * itself. npm and pnpm put packages beside each other. https://nodejs.org/api/modules.html#loading-from-node_modules-folders
 */
export function packageFolders(root: string): readonly string[] {
  const parts = root.split('/');
  const outermost = parts.indexOf('node_modules');
  const shortest = outermost < 0 ? parts.length : outermost;
  return parts
    .map((_, i) => parts.slice(0, parts.length - i))
    .filter((folder) => folder.length >= shortest && folder.at(-1) !== 'node_modules')
    .map((folder) => [...folder, 'node_modules'].join('/'));
}

/** Where the package `name` lies that the one in `root` may load; undefined where it is not installed. */
export function packageFolder(name: string, root = ROOT): string | undefined {
  const found = packageFolders(root).find((folder) => existsSync(`${folder}/${name}/package.json`));
  return found === undefined ? undefined : realpathSync(`${found}/${name}`);
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The names of the packages that the one in `root` cannot do without, or one of these, and that are not installed. */
export function missingPackages(root = ROOT): readonly string[] {
  const missing = new Set<string>();
  const seen = new Set<string>();
  const look = (folder: string): void => {
    if (seen.has(folder)) return;
    seen.add(folder);
    const { dependencies = {} } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Manifest;
    for (const name of Object.keys(dependencies)) {
      const found = packageFolder(name, folder);
      if (found === undefined) missing.add(name);
      else look(found);
    }
  };
  look(root);
  return [...missing];
}

/** @throws {RawshakeError} RS_MISSING_TOOL */
export function requirePackages(): void {
  const missing = missingPackages();
  if (missing.length > 0) throw notInstalled(missing);
}

export const notInstalled = (names: readonly string[]): RawshakeError =>
  new RawshakeError(
    'RS_MISSING_TOOL',
    about(
      { en: 'npm packages', zh: 'npm 软件包' },
      { en: `not installed: ${names.join(', ')}`, zh: `没有安装：${names.join('、')}` },
    ),
    { hint: isCheckout() ? INSTALL : REINSTALL },
  );

/** A package has no lock file in it. */
export const isCheckout = (): boolean => existsSync(`${ROOT}/package-lock.json`);

const INSTALL: Text = { en: 'In the folder of rawshake: npm ci', zh: '请在 rawshake 的目录中运行：npm ci' };
const REINSTALL: Text = {
  en: 'Uninstall rawshake with npm and install it again',
  zh: '请用 npm 卸载并重新安装 rawshake',
};
