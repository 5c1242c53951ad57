// What a program sees of the system that node runs on.

import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';

Object.defineProperty(process, 'platform', { value: 'darwin' });
Object.defineProperty(process, 'arch', { value: 'arm64' });
Object.assign(os, { platform: () => 'darwin', arch: () => 'arm64', type: () => 'Darwin', release: () => '24.6.0' });
syncBuiltinESMExports();
