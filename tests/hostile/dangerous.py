"""Names that do harm when they are called, from scanners' lists and from looking for more."""

NAMES = """
__builtin__.eval __builtin__.execfile builtins.__import__ builtins.breakpoint builtins.compile builtins.eval
builtins.exec builtins.getattr builtins.globals builtins.input builtins.open builtins.setattr builtins.vars
builtins.map builtins.memoryview builtins.type builtins.super builtins.delattr builtins.print builtins.help
os.system os.popen os.execv os.spawnv os.remove os.unlink os.rename os.putenv os.kill os.startfile os.listdir
posix.system posix.execv posix.open nt.system subprocess.Popen subprocess.run subprocess.call
subprocess.check_output subprocess.getoutput commands.getoutput popen2.popen2 pty.spawn platform.popen
operator.attrgetter operator.itemgetter operator.methodcaller operator.call _operator.attrgetter
functools.partial functools.reduce functools.partialmethod functools.singledispatch itertools.starmap
importlib.import_module importlib.__import__ importlib.machinery.SourceFileLoader importlib.util.find_spec
runpy.run_path runpy.run_module code.interact code.InteractiveInterpreter codeop.compile_command
pdb.run pdb.set_trace bdb.Bdb cProfile.run profile.run profile.Profile trace.Trace timeit.timeit timeit.repeat
doctest.debug_script doctest.testfile unittest.main types.FunctionType types.CodeType types.ModuleType
ctypes.CDLL ctypes.WinDLL ctypes.PyDLL ctypes.cast _ctypes.dlopen mmap.mmap
socket.socket socket.create_connection ssl.create_default_context urllib.request.urlopen
urllib.request.urlretrieve http.client.HTTPConnection httplib.HTTPConnection ftplib.FTP smtplib.SMTP
telnetlib.Telnet webbrowser.open xmlrpc.client.ServerProxy requests.get requests.api.post aiohttp.request
shutil.rmtree shutil.copy shutil.move shutil.which tempfile.mkstemp glob.glob fileinput.input
linecache.getlines
tarfile.open zipfile.ZipFile gzip.open bz2.open lzma.open io.open io.FileIO _io.FileIO
codecs.open pathlib.Path
pickle.load pickle.loads pickle.Unpickler _pickle.loads cPickle.loads marshal.loads marshal.load shelve.open
dill.loads dill._dill.loads cloudpickle.loads cloudpickle.cloudpickle._make_function jsonpickle.decode
joblib.load joblib.numpy_pickle.load joblib.memory.Memory joblib.memory.MemorizedFunc joblib.Parallel
numpy.load numpy.fromfile numpy.memmap numpy.save numpy.savetxt numpy.loadtxt numpy.genfromtxt
numpy.core._multiarray_umath.fromfile numpy.f2py.compile numpy.testing._private.utils.runstring
numpy.lib.npyio.NpzFile numpy.lib._datasource.DataSource numpy.core._ufunc_reconstruct numpy.vectorize
numpy._core._ufunc_reconstruct numpy.frompyfunc numpy.apply_along_axis numpy.ctypeslib.load_library
numpy.distutils.exec_command.exec_command
pandas.read_pickle pandas.read_csv pandas.eval pandas.io.pickle.read_pickle pandas.core.computation.eval.eval
torch.load torch.hub.load torch.jit.load torch.storage._load_from_bytes torch.utils.cpp_extension.load
tensorflow.io.read_file tensorflow.keras.models.load_model keras.models.load_model
mlflow.pyfunc.load_model mlflow.sklearn.load_model skops.io.load onnxruntime.InferenceSession
sklearn.datasets.load_files sklearn.datasets.fetch_openml sklearn.datasets.load_svmlight_file
sklearn.datasets._base.load_files sklearn.utils.fixes.parse_version sklearn.utils.parallel.Parallel
sklearn.utils._bunch.os sklearn.base.clone scipy.io.loadmat scipy.io.savemat scipy.sparse.load_npz
scipy.optimize.minimize scipy.integrate.quad scipy.LowLevelCallable
asyncio.run asyncio.create_subprocess_shell multiprocessing.Process multiprocessing.Pool threading.Thread
threading.Timer concurrent.futures.ThreadPoolExecutor signal.signal sys.exit
sys.setrecursionlimit atexit.register
site.addsitedir venv.create ensurepip.bootstrap pip.main pip._internal.main setuptools.setup
setuptools._distutils.spawn.spawn distutils.file_util.write_file
logging.FileHandler logging.config.fileConfig logging.config.dictConfig sqlite3.connect dbm.open
xml.dom.minidom.parse xml.sax.parse yaml.load yaml.unsafe_load jinja2.Template mako.template.Template
idlelib.pyshell.ModifiedInterpreter lib2to3.pgen2.driver.load_grammar ast.literal_eval inspect.getsource
imp.load_source imp.load_dynamic zipimport.zipimporter pkgutil.get_data pkgutil.resolve_name
string.Formatter weakref.finalize contextlib.ExitStack gc.get_objects copy.deepcopy copyreg.add_extension
hypothesis.find ida_idaapi.open uuid._get_command_stdout ctypes.util.find_library
""".split()  # noqa: SIM905  two hundred lines otherwise
