"""What is seen inside a sandbox without an engine: the image, with places for mounts that it lacks."""

from pathlib import Path

from ona_pipeline.sandbox.layout import Mount, file_system

AT = Path("/stage/root")


def pairs(arguments: list[str], option: str, *, values: int = 2) -> list[tuple[str, ...]]:
    return [tuple(arguments[at + 1 : at + 1 + values]) for at, one in enumerate(arguments) if one == option]


def image(folder: Path) -> Path:
    for name in ("usr/lib/python3", "opt/ona/server", "proc", "tmp"):
        (folder / name).mkdir(parents=True)
    (folder / "opt/ona/notes").write_text("")
    (folder / "lib").symlink_to("usr/lib")
    return folder


def test_folders_that_have_all_places_are_bound_whole(tmp_path: Path) -> None:
    arguments = file_system(image(tmp_path), AT, {"/out": Mount(Path("/o"), is_writable=True)})
    assert pairs(arguments, "--ro-bind") == [("/stage/root/opt", "/opt"), ("/stage/root/usr", "/usr")]
    assert pairs(arguments, "--symlink") == [("usr/lib", "/lib")]
    assert pairs(arguments, "--bind") == [("/o", "/out")]


def test_a_folder_that_lacks_a_place_is_made_anew_around_what_it_has(tmp_path: Path) -> None:
    arguments = file_system(image(tmp_path), AT, {"/opt/ona/model": Mount(Path("/m"))})
    assert pairs(arguments, "--dir", values=1) == [("/opt",), ("/opt/ona",)]
    assert pairs(arguments, "--ro-bind") == [
        ("/stage/root/opt/ona/notes", "/opt/ona/notes"),
        ("/stage/root/opt/ona/server", "/opt/ona/server"),
        ("/stage/root/usr", "/usr"),
        ("/m", "/opt/ona/model"),
    ]


def test_a_place_that_is_there_is_mounted_over(tmp_path: Path) -> None:
    arguments = file_system(image(tmp_path), AT, {"/opt/ona/server": Mount(Path("/m"))})
    assert pairs(arguments, "--dir", values=1) == []


def test_what_the_image_has_of_kernel_and_scratch_is_not_shown(tmp_path: Path) -> None:
    arguments = file_system(image(tmp_path), AT, {})
    assert not any("root/proc" in one or "root/tmp" in one for one in arguments)


def test_at_the_end_nothing_can_be_written_at_the_top(tmp_path: Path) -> None:
    assert file_system(image(tmp_path), AT, {})[-4:] == ["--remount-ro", "/dev", "--remount-ro", "/"]


def test_a_mount_inside_another_comes_after_it(tmp_path: Path) -> None:
    mounts = {"/opt/ona/model/deep": Mount(Path("/d")), "/opt/ona/model": Mount(Path("/m"))}
    assert pairs(file_system(image(tmp_path), AT, mounts), "--ro-bind")[-2:] == [
        ("/m", "/opt/ona/model"),
        ("/d", "/opt/ona/model/deep"),
    ]
