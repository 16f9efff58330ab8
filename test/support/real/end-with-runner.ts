/** Set up in every test process: when the runner is killed, the process ends, and with it every server that it started. */
process.once('disconnect', () => process.exit(1));
